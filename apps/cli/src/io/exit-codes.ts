/** Exit codes of every command, as shells and schedulers read them. */
export const ExitCode = {
  ok: 0,
  /** Something went wrong that the command line did not cause. */
  failure: 1,
  /** The command line or a file it names is wrong; the message says which and how to mend it. */
  input: 2,
  /** 128 + SIGINT */
  interrupted: 130,
  /** 128 + SIGTERM */
  terminated: 143,
} as const;
