/** What is done with a run when the process is told to end. */
export interface SignalAbort {
  /** Aborted by the first signal; give it to `fit`. */
  readonly signal: AbortSignal;
  /** What the process should exit with: 128 + number of the signal, such as 143 for SIGTERM; null while there was none. */
  readonly exitCode: number | null;
  /** Gives the signals back their usual meaning. */
  dispose(): void;
}

/** Numbers of the signals that end a run in order: Ctrl-C, and what Slurm and container engines send before they kill. */
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** The second signal ends the process at once, by the usual meaning of the signal. */
export function abortOnSignals(): SignalAbort {
  const controller = new AbortController();
  let exitCode: number | null = null;
  const listeners = Object.entries(SIGNALS).map(([name, number]) => {
    const listener = () => {
      exitCode = 128 + number;
      dispose();
      controller.abort(new Error(`the process was told to end (${name})`));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  const dispose = () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    dispose,
  };
}
