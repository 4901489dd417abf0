import type { Installation } from './installation.js';

/** One way that was tried and did not do. */
export interface FailedAttempt {
  /** The way, as a phrase: `the Python wheel tensorflow-cpu 2.21.0`. */
  readonly what: string;
  readonly reason: string;
  /** What the user can do about it, where something can be done. */
  readonly fix?: string;
}

export interface InstallOutcome {
  /** `present`: it was there already. `impossible`: no way led to one; `attempts` says why. */
  readonly status: 'present' | 'installed' | 'impossible';
  readonly installation: Installation | null;
  /** The ways tried before the one that did, in order. */
  readonly attempts: readonly FailedAttempt[];
  readonly cacheDir: string;
}

/** The end of an installation in words. */
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
