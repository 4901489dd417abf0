import type { Installation } from './installation.js';

/** A way that failed. */
export interface FailedAttempt {
  /** Name of the way, such as `the Python wheel tensorflow-cpu 2.21.0`. */
  readonly what: string;
  readonly reason: string;
  /** Remedy, as a sentence; absent if there is none. */
  readonly fix?: string;
}

export interface InstallOutcome {
  /** `present`: it was already installed. `impossible`: no way worked; `attempts` gives the reasons. */
  readonly status: 'present' | 'installed' | 'impossible';
  readonly installation: Installation | null;
  /** Failed ways, in the order in which they were tried. */
  readonly attempts: readonly FailedAttempt[];
  readonly cacheDir: string;
}

/** Describes the outcome of an installation for the user. */
export function formatOutcome(outcome: InstallOutcome): string {
  const { installation, attempts } = outcome;
  if (installation) {
    const { tensorflowVersion, gpu, libraryDir } = installation;
    const what = `TensorFlow ${tensorflowVersion}${gpu ? ' with CUDA' : ''}`;
    return outcome.status === 'present'
      ? `Native ${what} is there already: ${libraryDir}`
      : `Native ${what} is ready: ${libraryDir}`;
  }
  const fixes = [...new Set(attempts.flatMap((attempt) => attempt.fix ?? []))];
  return [
    'Native TensorFlow could not be provided; the backends wasm and cpu work without it, more slowly.',
    'Tried:',
    ...attempts.map(({ what, reason }) => `  - ${what}: ${indent(reason)}`),
    ...(process.env.FIN_TENSORFLOW_DIR ? [] : ['  - a folder of yours: FIN_TENSORFLOW_DIR is not set']),
    ...(fixes.length > 0 ? ['What helps (any one of these):', ...fixes.map((fix) => `  - ${fix}`)] : []),
    'Then run this command again.',
  ].join('\n');
}

const indent = (text: string) => text.replaceAll('\n', '\n    ');
