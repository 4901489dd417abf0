import { RunInputError } from './errors.js';
import type { UnfinishedRun } from './read-unfinished-run.js';
import type { RunEnvironment } from './run-environment.js';

/**
 * Sees to it that a run goes on as it was begun: with the same data on the same backend, and where it is of a low precision,
 * computed low or not as before.
 *
 * @returns what is not as it was and may change last digits; null for nothing
 * @throws {RunInputError} naming what differs
 */
export function requireSame(
  runDir: string,
  begun: UnfinishedRun,
  { data, environment }: { readonly data: string; readonly environment: RunEnvironment },
): { readonly note: string | null } {
  if (begun.fingerprint !== data) {
    throw new RunInputError(
      `${runDir} was begun with other data (fingerprint ${short(begun.fingerprint)}, and ${short(data)} now): ` +
        'resume it with its own, or begin a new run.',
    );
  }
  const { backend } = begun.environment;
  if (backend !== environment.backend) {
    throw new RunInputError(
      `${runDir} was begun on the backend ${backend}, and this is ${environment.backend}, which rounds otherwise: ` +
        `resume it on ${backend}, or begin a new run.`,
    );
  }
  const [mode, modeNow] = [begun.environment, environment].map(({ precision }) => precision.decision?.mode);
  if (mode !== modeNow) {
    throw new RunInputError(
      `${runDir} was begun with ${environment.precision.asked} in mode "${mode}", and this is "${modeNow}", which rounds otherwise: ` +
        `resume it with FIN_AMP_MODE=${mode} or on a machine like the first, or begin a new run.`,
    );
  }
  const changed = (['fusedOps', 'tensorflowVersion', 'cpu', 'cores'] as const).filter(
    (name) => begun.environment[name] !== environment[name],
  );
  const clauses = changed.map((name) => `${name} was ${begun.environment[name]}, is ${environment[name]}`);
  return { note: clauses.length === 0 ? null : clauses.join('; ') };
}

const short = (fingerprint: string): string => fingerprint.slice(0, 12);
