import { main } from '../src/main.js';

/** What one command wrote and returned. */
export interface FinResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fin` in this process without a terminal. */
export async function runFin(...args: string[]): Promise<FinResult> {
  let stdout = '';
  let stderr = '';
  const code = await main(args, {
    stdout: {
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
  });
  return { code, stdout, stderr };
}
