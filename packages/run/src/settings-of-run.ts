import { RunInputError } from './errors.js';

/**
 * The settings of a run that goes on: those it was begun with.
 *
 * @param given what the caller asks for: each of these has to be what it was; undefined is no demand
 * @throws {RunInputError} naming each setting that differs
 */
export function settingsOfRun<Settings extends object>(
  runDir: string,
  saved: Settings,
  given: object = {},
): Settings {
  const differences = [...differ(saved, given, '')];
  if (differences.length === 0) return saved;
  throw new RunInputError(
    `${runDir} was begun with other settings: ${differences.join('; ')}. Leave them out, or begin a new run.`,
  );
}

function* differ(saved: unknown, given: unknown, path: string): Generator<string> {
  if (given === undefined) return;
  if (isRecord(given) && (isRecord(saved) || Object.keys(given).length === 0)) {
    for (const [name, value] of Object.entries(given)) {
      yield* differ(isRecord(saved) ? saved[name] : undefined, value, path === '' ? name : `${path}.${name}`);
    }
  } else if (JSON.stringify(saved) !== JSON.stringify(given)) {
    yield `${path} was ${JSON.stringify(saved) ?? 'not there'}, and ${JSON.stringify(given)} is asked for`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
