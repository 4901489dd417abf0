/** Differences that a message lists. */
const LISTED = 3;

/**
 * Says where two pieces of plain data differ, such as `batchSize is 32 in the checkpoint and 16 now`.
 *
 * @returns null when they are alike as JSON
 */
export function describeDifference(saved: unknown, current: unknown): string | null {
  const differences = [...differ(asJson(saved), asJson(current), '')];
  if (differences.length === 0) return null;
  const rest = differences.length > LISTED ? `; and ${differences.length - LISTED} more` : '';
  return differences.slice(0, LISTED).join('; ') + rest;
}

function* differ(saved: unknown, current: unknown, path: string): Generator<string> {
  if (isContainer(saved) && isContainer(current) && Array.isArray(saved) === Array.isArray(current)) {
    for (const key of new Set([...Object.keys(saved), ...Object.keys(current)])) {
      yield* differ(saved[key], current[key], path === '' ? key : `${path}.${key}`);
    }
  } else if (saved !== current) {
    yield `${path} is ${show(saved)} in the checkpoint and ${show(current)} now`;
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
