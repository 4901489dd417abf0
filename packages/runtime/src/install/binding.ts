import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BindingManifest } from './cache-folders.js';
import { inWorkFolder, publish, readManifest } from './cache-folders.js';
import type { Compiler } from './compiler.js';
import { nodeApiHeaders } from './compiler.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { NAPI_VERSION } from './pins.js';
import { lastLines, runProcess } from './processes.js';
import type { TensorFlowCopy, TensorFlowFolder } from './tensorflow-copy.js';
import { bindingKey } from './tensorflow-copy.js';
import { tfjsNodeDir } from './tfjs-node-package.js';
import type { Toolbox } from './toolbox.js';

const NAME = 'tfjs_binding.node';

/** Compiles the binding for a TensorFlow, tries it, and then adds it to the cache. */
export async function ensureBinding(job: Job, tools: Toolbox, copy: TensorFlowCopy): Promise<void> {
  const place = join(job.layout.binding, bindingKey(copy.key, job.layout.root));
  if (await readManifest(place)) return;
  if (copy.libraryDir.includes(':')) {
    throw new StepImpossible(
      `a program cannot be linked to a library in ${copy.libraryDir}: the path has a colon`,
    );
  }
  await inWorkFolder(job.layout, 'binding', async (dir) => {
    const { path, compiler } = copy.prebuilt
      ? await adoptBinding(copy, copy.prebuilt, dir)
      : await makeBinding(job, tools, copy, dir);
    const { version, gpuDevice } = await tryBinding(job, join(dir, path));
    await publish<BindingManifest>(job.layout, dir, place, [path], {
      path,
      tensorflow: copy.key,
      tensorflowVersion: version,
      gpuDevice,
      compiler,
    });
  });
}

interface MadeBinding {
  /** Path within the folder. */
  readonly path: string;
  readonly compiler: string;
}

async function makeBinding(
  job: Job,
  tools: Toolbox,
  copy: TensorFlowCopy,
  dir: string,
): Promise<MadeBinding> {
  const compiler = await tools.compiler();
  try {
    await compileBinding(job, compiler, copy, join(dir, NAME));
    return { path: NAME, compiler: compiler.name };
  } catch (error) {
    if (!(error instanceof StepImpossible) || compiler.kind === 'zig') throw error;
    job.report({ kind: 'note', text: `${error.message}\ntrying the compiler of the wheel ziglang` });
    const zig = await tools.zig().catch(() => {
      throw error;
    });
    await compileBinding(job, zig, copy, join(dir, NAME));
    return { path: NAME, compiler: zig.name };
  }
}

/** Uses the binding that tfjs-node's installer downloaded. It searches its library in `../../deps/lib`. */
async function adoptBinding(copy: TensorFlowCopy, prebuilt: string, dir: string): Promise<MadeBinding> {
  const path = join('lib', 'napi', NAME);
  await mkdir(join(dir, 'lib', 'napi'), { recursive: true });
  await copyFile(prebuilt, join(dir, path));
  await symlink(dirname(copy.libraryDir), join(dir, 'deps'));
  return { path, compiler: 'none: came with tfjs-node' };
}

/** Expected durations, for the message; measured on two cores. The time limit is far above both. */
const EXPECT = { system: 'about 20 seconds', zig: 'some minutes the first time' };
const COMPILE_MS = 30 * 60_000;

/**
 * Compiles and links tfjs-node's binding against a TensorFlow. One command is enough, because its two sources use only
 * TensorFlow's C API and Node-API.
 *
 * @param output path of the `.node` file to write
 * @throws StepImpossible with the compiler's message
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
    // By path: a folder of the user may lack the names without a version, which -l needs.
    ...libraries.map((name) => join(libraryDir, name)),
    // Two arguments and not -Wl,-rpath,…: a folder's name may contain a comma.
    ...['-Xlinker', '-rpath', '-Xlinker', libraryDir],
  ];
  const [program, ...first] = compiler.command;
  const result = await runProcess(program, [...first, ...args], {
    env: compiler.env,
    signal: job.signal,
    timeoutMs: COMPILE_MS,
  });
  if (result.code === 0) return;
  const complaint = result.timedOut
    ? `it did not end within ${COMPILE_MS / 60_000} minutes`
    : lastLines(result.stderr || `exit code ${result.code}`, 6);
  throw new StepImpossible(`${compiler.name} could not compile the binding: ${complaint}`, {
    fix: 'Name another compiler with CXX, such as CXX=clang++.',
  });
}

/** Facts that a binding reports when it is loaded. */
export interface BindingFacts {
  /** Version of the library, such as `2.21.0`. */
  readonly version: string;
  /** Whether the library uses a GPU on this machine. */
  readonly gpuDevice: boolean;
}

/** Time limit. Loading the library takes a second or two; starting a GPU can take a minute. */
const TRIAL_MS = 180_000;

const TRIAL_SCRIPT = `
const binding = require(process.argv[1]);
const facts = { version: binding.TF_Version, gpuDevice: binding.isUsingGpuDevice() };
process.stdout.write('\\n' + JSON.stringify(facts) + '\\n');
`;

/**
 * Loads a binding in a separate Node process, because a library that does not fit this machine can end the process.
 *
 * @throws StepImpossible if it cannot be loaded
 */
export async function tryBinding(job: Job, path: string): Promise<BindingFacts> {
  job.report({ kind: 'step', text: 'loading it once to see that it works' });
  const result = await runProcess(process.execPath, ['-e', TRIAL_SCRIPT, path], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    signal: job.signal,
    timeoutMs: TRIAL_MS,
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
