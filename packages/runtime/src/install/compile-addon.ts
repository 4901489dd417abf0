import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest } from './cache-folders.js';
import { inWorkFolder, publish, readManifest, sweep } from './cache-folders.js';
import { cacheLayout } from './cache-layout.js';
import { compileAndLink } from './compile-and-link.js';
import type { Compiler } from './compiler.js';
import { nodeApiHeaders } from './compiler.js';
import { asDiskProblem } from './disk.js';
import { StepImpossible } from './errors.js';
import { findInstallation } from './find-installation.js';
import { INSTALL_COMMANDS } from './install-hint.js';
import type { Installation } from './installation.js';
import type { Job } from './job.js';
import { withLock } from './lock.js';
import { NAPI_VERSION, platformPins, TFJS_NODE } from './pins.js';
import { lastLines, runProcess } from './processes.js';
import type { InstallListener } from './progress.js';
import { readTensorFlowFolder } from './tensorflow-copy.js';
import { availableCompiler, findZig } from './zig.js';

/** Options of `compileAddon`. */
export interface AddonOptions {
  /** Name of the addon and its folder in the cache; letters, digits and hyphens. */
  readonly name: string;
  /**
   * Folder of its sources. Every `.cc` file in it is compiled, as many at a time as there are processors; every file in it is part of
   * the cache key.
   */
  readonly sourceDir: string;
  /** Further compiler flags. @default none */
  readonly flags?: readonly string[];
  /** Further flags for linking, such as libraries; part of the cache key. @default none */
  readonly linkFlags?: readonly string[];
  /** Whether to compile and link against the installed TensorFlow. @default true */
  readonly tensorFlow?: boolean;
  /** Receives each step. @default nobody */
  readonly onEvent?: InstallListener;
  readonly signal?: AbortSignal;
}

/** The compiled addon, or the reason why there is none. */
export type AddonOutcome =
  | { readonly path: string; readonly compiler: string; readonly problem: null }
  | { readonly path: null; readonly compiler: null; readonly problem: string };

interface AddonManifest extends Manifest {
  readonly path: string;
  readonly compiler: string;
}

/** Expected durations, for the message; measured on two cores. */
const EXPECT = { system: 'about half a minute', zig: 'about a minute' };
const TRIAL_MS = 180_000;

/** Loads TensorFlow's binding, if the addon needs it, and then the addon, as a program would. */
const TRIAL = 'for (const path of process.argv.slice(1)) require(path);';

/**
 * Compiles a native addon (C++17, Node-API), usually against the installed TensorFlow, or finds it in the cache. The cache key covers its
 * sources, its flags and that TensorFlow. Before the addon enters the cache, a separate process loads it once.
 *
 * Nothing is downloaded: without a C++ compiler on this machine there is no addon, and the outcome says why. Safe to run twice at
 * once (the second waits) and to kill at any time.
 *
 * @throws InstallInterrupted if `signal` is aborted
 */
export async function compileAddon(options: AddonOptions): Promise<AddonOutcome> {
  const { tensorFlow = true } = options;
  const installation = tensorFlow ? await findInstallation() : null;
  if (tensorFlow && !installation) {
    return impossible(`there is no native TensorFlow to compile it for: run ${INSTALL_COMMANDS}`);
  }
  const { name, sourceDir, flags = [], linkFlags = [], signal, onEvent = () => {} } = options;
  const layout = cacheLayout();
  const key = addonKey(await digestFolder(sourceDir), [...flags, ...linkFlags], installation);
  const place = join(layout.root, 'addon', `${name}-${key}`);
  const present = await find(place);
  if (present) return present;
  const job: Job = {
    layout,
    pins: platformPins(),
    tfjsIntegrity: TFJS_NODE.integrity,
    gpu: installation?.gpu ?? false,
    keepCpuBuild: true,
    signal,
    report: onEvent,
  };
  try {
    await mkdir(dirname(place), { recursive: true });
    const lock = { path: join(dirname(place), name), holder: `compiles ${name}` };
    return await withLock(job, lock, async () => {
      await sweep(layout);
      return (await find(place)) ?? (await make(job, options, installation, place));
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const { message, fix } = asDiskProblem(error, layout.root);
    return impossible(fix ? `${message}. ${fix}` : message);
  }
}

function impossible(problem: string): AddonOutcome {
  return { path: null, compiler: null, problem };
}

async function find(place: string): Promise<AddonOutcome | null> {
  const manifest = await readManifest<AddonManifest>(place);
  return manifest && { path: join(place, manifest.path), compiler: manifest.compiler, problem: null };
}

async function make(
  job: Job,
  options: AddonOptions,
  installation: Installation | null,
  place: string,
): Promise<AddonOutcome> {
  const { compiler, passedOver } = await availableCompiler();
  if (!compiler) {
    const why = passedOver.length > 0 ? passedOver.join('; ') : 'none on the PATH';
    throw new StepImpossible(`there is no C++ compiler (${why})`);
  }
  const path = `${options.name}.node`;
  return inWorkFolder(job.layout, 'addon', async (dir) => {
    const output = join(dir, path);
    const used = await compile(job, compiler, options, installation, output).catch(async (error: unknown) => {
      const zig = compiler.kind === 'system' ? await findZig(job.layout, job.pins) : null;
      if (!(error instanceof StepImpossible) || !zig) throw error;
      job.report({ kind: 'note', text: `${error.message}\ntrying ${zig.name}` });
      return compile(job, zig, options, installation, output);
    });
    await tryOut(job, installation, output);
    await publish<AddonManifest>(job.layout, dir, place, [path], { path, compiler: used.name });
    return { path: join(place, path), compiler: used.name, problem: null };
  });
}

async function compile(
  job: Job,
  compiler: Compiler,
  { name, sourceDir, flags = [], linkFlags = [] }: AddonOptions,
  installation: Installation | null,
  output: string,
): Promise<Compiler> {
  const sources = (await readdir(sourceDir)).filter((file) => file.endsWith('.cc')).sort();
  const expect = EXPECT[compiler.kind];
  job.report({ kind: 'step', text: `compiling ${name} with ${compiler.name} (${expect}, once)` });
  await compileAndLink(job, compiler, {
    sources: sources.map((file) => join(sourceDir, file)),
    flags: [
      `-DNAPI_VERSION=${NAPI_VERSION}`,
      `-I${nodeApiHeaders()}`,
      ...(installation ? [`-I${installation.includeDir}`] : []),
      ...flags,
    ],
    linkFlags: [...(installation ? tensorFlowFlags(installation) : []), ...linkFlags],
    output,
  });
  return compiler;
}

/** TensorFlow's libraries, and where the addon finds them when it is loaded. */
function tensorFlowFlags({ tensorflowDir, libraryDir }: Installation): string[] {
  const libraries = readTensorFlowFolder(tensorflowDir)?.libraries;
  if (!libraries) throw new StepImpossible(`${tensorflowDir} holds no TensorFlow any more`);
  return [
    ...libraries.map((library) => join(libraryDir, library)),
    // Two arguments and not -Wl,-rpath,…: a folder's name may contain a comma.
    ...['-Xlinker', '-rpath', '-Xlinker', libraryDir],
  ];
}

/** Loads the addon in a separate process, because an addon that does not fit this machine can end the process. */
async function tryOut(job: Job, installation: Installation | null, path: string): Promise<void> {
  const libraries = [...(installation ? [installation.bindingPath] : []), path];
  const result = await runProcess(process.execPath, ['-e', TRIAL, ...libraries], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    signal: job.signal,
    timeoutMs: TRIAL_MS,
  });
  if (result.code === 0) return;
  const complaint = result.timedOut
    ? 'it did not answer'
    : (result.endedBy ?? result.stderr.match(/^Error: .*$/m)?.[0] ?? lastLines(result.stderr));
  throw new StepImpossible(`what was compiled does not load: ${complaint}`);
}

async function digestFolder(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of (await readdir(dir, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(dir, entry.name));
    hash.update(JSON.stringify([entry.name, content.length])).update(content);
  }
  return hash.digest('hex');
}

/** Cache key of an addon. The binding's path identifies the TensorFlow. */
function addonKey(sources: string, flags: readonly string[], installation: Installation | null): string {
  const machine = [process.platform, process.arch, `napi${NAPI_VERSION}`];
  const parts = [sources, flags, installation?.bindingPath, installation?.tensorflowVersion, ...machine];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
