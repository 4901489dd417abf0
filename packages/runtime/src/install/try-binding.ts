import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { lastLines, runProcess } from './run-process.js';

/** What a binding says when it is loaded. */
export interface BindingFacts {
  /** Version of the library, such as `2.21.0`. */
  readonly version: string;
  /** Whether the library drives a GPU here. */
  readonly gpuDevice: boolean;
}

/** Loading the library takes a second or two; a GPU's start may take a minute. */
const TIMEOUT_MS = 180_000;

const SCRIPT = `
const binding = require(process.argv[1]);
const facts = { version: binding.TF_Version, gpuDevice: binding.isUsingGpuDevice() };
process.stdout.write('\\n' + JSON.stringify(facts) + '\\n');
`;

/**
 * Loads a binding in a Node process of its own: a library that does not fit this machine may end the process.
 *
 * @throws StepImpossible where it cannot be loaded
 */
export async function tryBinding(job: Job, path: string): Promise<BindingFacts> {
  job.report({ kind: 'step', text: 'loading it once to see that it works' });
  const result = await runProcess(process.execPath, ['-e', SCRIPT, path], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    signal: job.signal,
    timeoutMs: TIMEOUT_MS,
  });
  if (result.code === 0) {
    const facts = parseFacts(result.stdout);
    if (facts) return facts;
  }
  if (result.endedBy === 'SIGILL') {
    throw new StepImpossible('the library uses instructions (AVX) that this processor does not have', {
      fix: 'Set FIN_TENSORFLOW_DIR to a TensorFlow built for this processor.',
    });
  }
  const complaint = result.timedOut
    ? 'it did not answer'
    : result.endedBy
      ? `ended by ${result.endedBy}`
      : (result.stderr.match(/^Error: .*$/m)?.[0] ?? lastLines(result.stderr || `exit code ${result.code}`));
  throw new StepImpossible(`the library cannot be loaded: ${complaint}`);
}

function parseFacts(stdout: string): BindingFacts | null {
  try {
    const facts = JSON.parse(lastLines(stdout, 1)) as Partial<BindingFacts>;
    return typeof facts.version === 'string'
      ? { version: facts.version, gpuDevice: facts.gpuDevice === true }
      : null;
  } catch {
    return null;
  }
}
