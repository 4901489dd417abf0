import { join } from 'node:path';
import type { Compiler } from './compiler.js';
import { StepImpossible } from './errors.js';
import { tfjsNodeDir } from './fetch-tfjs-node.js';
import { nodeApiHeaders } from './find-compiler.js';
import type { Job } from './job.js';
import { NAPI_VERSION } from './pins.js';
import { lastLines, runProcess } from './run-process.js';
import type { TensorFlowFolder } from './tensorflow-folder.js';

/** Measured on two cores, for the message; the limit is far above both. */
const EXPECT = { system: 'about 20 seconds', zig: 'some minutes the first time' };
const TIMEOUT_MS = 30 * 60_000;

/**
 * Compiles and links tfjs-node's binding against a TensorFlow, in one command: its two sources use nothing but
 * TensorFlow's C API and Node-API.
 *
 * @param output path of the `.node` file to write
 * @throws StepImpossible with the compiler's complaint
 */
export async function compileBinding(
  job: Job,
  compiler: Compiler,
  tensorflow: TensorFlowFolder,
  output: string,
): Promise<void> {
  job.report({
    kind: 'step',
    text: `compiling the binding with ${compiler.name} (${EXPECT[compiler.kind]})`,
  });
  const tfjs = tfjsNodeDir(job.layout);
  const { libraryDir, includeDir, libraries } = tensorflow;
  const args = [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`],
    // Node defines the Node-API functions when it loads the binding.
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
    ...[`-I${nodeApiHeaders()}`, `-I${tfjs}`, `-I${includeDir}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjs, 'binding', name)),
    ...['-o', output],
    // By path, since a folder of the user's may lack the names without a version that -l looks for.
    ...libraries.map((name) => join(libraryDir, name)),
    // Two arguments and not -Wl,-rpath,…: a folder's name may contain a comma.
    ...['-Xlinker', '-rpath', '-Xlinker', libraryDir],
  ];
  const [program, ...first] = compiler.command;
  const result = await runProcess(program, [...first, ...args], {
    env: compiler.env,
    signal: job.signal,
    timeoutMs: TIMEOUT_MS,
  });
  if (result.code === 0) return;
  const complaint = result.timedOut
    ? `it did not end within ${TIMEOUT_MS / 60_000} minutes`
    : lastLines(result.stderr || `exit code ${result.code}`, 6);
  throw new StepImpossible(`${compiler.name} could not compile the binding: ${complaint}`, {
    fix: 'Name another compiler with CXX, such as CXX=clang++.',
  });
}
