import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBinding } from './binding.js';
import { sweep } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { cacheLayout } from './cache-layout.js';
import { asDiskProblem, unwritable } from './disk.js';
import { InstallInterrupted, StepImpossible } from './errors.js';
import { driverPresent, findInstallation, installedCopies } from './find-installation.js';
import type { Installation } from './installation.js';
import type { Job } from './job.js';
import { platformName } from './job.js';
import type { CacheLock } from './lock.js';
import { withLock } from './lock.js';
import type { FailedAttempt, InstallOutcome } from './outcome.js';
import type { TensorFlowBuild } from './pins.js';
import { platformPins, TFJS_NODE } from './pins.js';
import type { InstallListener } from './progress.js';
import { ensureStderrFilter } from './stderr-filter.js';
import type { TensorFlowCopy } from './tensorflow-copy.js';
import { namedFolder } from './tensorflow-copy.js';
import { tfjsInstallerCopy } from './tfjs-installer.js';
import { fetchTfjsNode } from './tfjs-node-package.js';
import type { Toolbox } from './toolbox.js';
import { openToolbox } from './toolbox.js';
import { wheelCopy } from './wheel-copy.js';

export interface InstallOptions {
  /** Receives each step and its progress. @default nobody */
  readonly onEvent?: InstallListener;
  /** Stops the installation: ends running programs, removes unfinished work and rejects the promise. */
  readonly signal?: AbortSignal;
  /**
   * Whether an installed CPU build is enough where a CUDA build is possible. Otherwise the CUDA build is tried, a download of 3.5
   * GB. @default false
   */
  readonly keepCpuBuild?: boolean;
}

/**
 * Installs native TensorFlow into the cache: a library, tfjs-node's JavaScript, and tfjs-node's binding compiled against that
 * library.
 *
 * ```
 * FIN_TENSORFLOW_DIR ───────────────────────────┐
 * a copy in the cache ──────────────────────────┤
 * the Python wheel (pip download, unpacked) ────┼─> compile (c++, else zig) ─> load once ─> binding in the cache
 * tfjs-node's own installer ────────────────────┘        ^
 * none                           npm pack tfjs-node-gpu ─┘
 * ```
 *
 * The first way that leads to a working binding is used; if `FIN_TENSORFLOW_DIR` is set, it is the only way. If everything is
 * installed, nothing is done. Safe to run twice at once (the second waits) and to kill at any time.
 *
 * @throws InstallInputError if `FIN_TENSORFLOW_DIR` names no TensorFlow
 * @throws InstallInterrupted if `signal` is aborted
 */
export async function installTensorFlow(options: InstallOptions = {}): Promise<InstallOutcome> {
  return runJob({
    layout: cacheLayout(),
    pins: platformPins(),
    tfjsIntegrity: TFJS_NODE.integrity,
    gpu: driverPresent(),
    keepCpuBuild: options.keepCpuBuild ?? false,
    signal: options.signal,
    report: options.onEvent ?? (() => {}),
  });
}

/** {@link installTensorFlow} with all its dependencies as parameters. */
export async function runJob(job: Job): Promise<InstallOutcome> {
  const { layout, signal } = job;
  if (process.env.FIN_TENSORFLOW_DIR) namedFolder(process.env.FIN_TENSORFLOW_DIR);
  const present = await ready(job);
  if (present) {
    await ensureStderrFilter(job);
    return outcome(layout, 'present', present);
  }
  try {
    await makeRoot(layout);
    return await withLock(job, installLock(layout), async () => {
      await sweep(layout);
      const made = await ready(job);
      const result = made ? outcome(layout, 'present', made) : await provision(job);
      if (result.installation) await ensureStderrFilter(job);
      return result;
    });
  } catch (error) {
    if (signal?.aborted)
      throw new InstallInterrupted('Stopped; nothing half-made is left.', { cause: error });
    return outcome(layout, 'impossible', null, [
      failedAttempt('the cache', asDiskProblem(error, layout.root)),
    ]);
  }
}

function installLock({ root }: CacheLayout): CacheLock {
  return { path: join(root, 'install'), holder: 'installs into the same cache' };
}

async function makeRoot({ root }: CacheLayout): Promise<void> {
  try {
    await mkdir(root, { recursive: true });
  } catch (error) {
    throw unwritable(root, (error as NodeJS.ErrnoException).code ?? 'unknown', error);
  }
}

/** The installed TensorFlow, if it is the best one that this machine can have. */
async function ready(job: Job): Promise<Installation | null> {
  if (process.env.FIN_TENSORFLOW_DIR) return findInstallation();
  const [best] = await installedCopies(job.layout);
  const better = job.gpu && job.pins?.gpu && !job.keepCpuBuild;
  return best && (best.gpu || !better) ? best : null;
}

async function provision(job: Job): Promise<InstallOutcome> {
  const tools = openToolbox(job);
  const attempts: FailedAttempt[] = [];
  try {
    await fetchTfjsNode(job);
  } catch (error) {
    const attempt = failedAttempt(
      "tfjs-node's JavaScript, which every way needs",
      asDiskProblem(error, job.layout.root),
    );
    return outcome(job.layout, 'impossible', null, [attempt]);
  }
  for (const way of ways(job, tools)) {
    try {
      const copy = await way.get();
      if (copy) await ensureBinding(job, tools, copy);
      const installation = await findInstallation();
      if (installation) return outcome(job.layout, 'installed', installation, attempts);
    } catch (error) {
      const attempt = failedAttempt(way.what, asDiskProblem(error, job.layout.root));
      attempts.push(attempt);
      job.report({ kind: 'note', text: `${attempt.what}: ${attempt.reason}` });
    }
  }
  return outcome(job.layout, 'impossible', null, attempts);
}

interface Way {
  readonly what: string;
  /** null if this way has nothing new. */
  get(): Promise<TensorFlowCopy | null>;
}

function ways(job: Job, tools: Toolbox): Way[] {
  const named = process.env.FIN_TENSORFLOW_DIR;
  if (named) return [{ what: `FIN_TENSORFLOW_DIR (${named})`, get: async () => namedFolder(named) }];
  const wheel = (build: TensorFlowBuild): Way => ({
    what: `the Python wheel ${build.wheels[0].project} ${build.version}${build.gpu ? ' with CUDA' : ''}`,
    get: () => wheelCopy(job, tools, build),
  });
  const { pins } = job;
  return [
    ...(pins?.gpu && job.gpu ? [wheel(pins.gpu)] : []),
    ...(pins ? [wheel(pins.cpu)] : [noWheel]),
    { what: "tfjs-node's own installer", get: () => tfjsInstallerCopy(job, tools) },
  ];
}

const noWheel: Way = {
  what: 'the Python wheel',
  get: async () => {
    throw new StepImpossible(
      `none is known for ${platformName} (only for Linux x64 and arm64 and macOS arm64)`,
      {
        fix:
          process.platform === 'win32'
            ? 'On Windows use WSL 2.'
            : 'Set FIN_TENSORFLOW_DIR to a TensorFlow for this system.',
      },
    );
  },
};

function failedAttempt(what: string, error: StepImpossible): FailedAttempt {
  return { what, reason: error.message, ...(error.fix && { fix: error.fix }) };
}

function outcome(
  { root }: CacheLayout,
  status: InstallOutcome['status'],
  installation: Installation | null,
  attempts: readonly FailedAttempt[] = [],
): InstallOutcome {
  return { status, installation, attempts, cacheDir: root };
}
