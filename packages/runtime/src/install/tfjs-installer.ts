import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { TensorFlowManifest } from './cache-folders.js';
import { inWorkFolder, publish } from './cache-folders.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { platformName } from './job.js';
import { TFJS_NODE } from './pins.js';
import { lastLines, runProcess } from './processes.js';
import type { TensorFlowCopy } from './tensorflow-copy.js';
import { cachedCopy, readTensorFlowFolder } from './tensorflow-copy.js';
import { findNpm } from './tfjs-node-package.js';
import type { Toolbox } from './toolbox.js';

/** The CPU package. Its library is the same release, without CUDA 11. */
const PACKAGE = '@tensorflow/tfjs-node';
const KEY = `libtensorflow-of-tfjs-node-${TFJS_NODE.version}-${process.platform}-${process.arch}`;
const PREBUILT = join('prebuilt', 'tfjs_binding.node');

const CONNECT_MS = 5_000;
const NPM_MS = 5 * 60_000;
/** Time limit for about 100 MB over a slow line. */
const DOWNLOAD_MS = 15 * 60_000;

/**
 * Gets the older library that tfjs-node's install script downloads, and its prebuilt binding if nothing can be compiled here. The
 * script runs in a temporary folder, after its host has answered, and with a time limit.
 */
export async function tfjsInstallerCopy(job: Job, tools: Toolbox): Promise<TensorFlowCopy> {
  const compilable = await tools.compiler().then(
    () => true,
    () => false,
  );
  const known = await knownCopy(job, compilable);
  if (known) return known;
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new StepImpossible(`it is not supported on ${platformName}`);
  }
  const npm = findNpm();
  await checkHost(job);
  await inWorkFolder(job.layout, 'tfjs-installer', async (dir) => {
    job.report({ kind: 'step', text: `installing ${PACKAGE} ${TFJS_NODE.version} in a temporary folder` });
    await writeFile(join(dir, 'package.json'), '{ "private": true }\n');
    const spec = `${PACKAGE}@${TFJS_NODE.version}`;
    const npmArgs = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', spec];
    const installed = await runProcess(npm, npmArgs, { cwd: dir, signal: job.signal, timeoutMs: NPM_MS });
    if (installed.code !== 0) {
      throw new StepImpossible(`npm could not install ${spec}: ${lastLines(installed.stderr, 3)}`);
    }

    job.report({ kind: 'step', text: 'running its installer, which downloads libtensorflow' });
    const packageDir = join(dir, 'node_modules', PACKAGE);
    const bin = join(dir, 'node_modules', '.bin');
    const result = await runProcess(process.execPath, [join('scripts', 'install.js'), 'cpu', 'download'], {
      cwd: packageDir,
      // With these programs on the PATH it downloads a binding as well.
      env: compilable ? {} : { PATH: [bin, process.env.PATH].join(delimiter) },
      signal: job.signal,
      timeoutMs: DOWNLOAD_MS,
    });
    const deps = join(packageDir, 'deps');
    // The script prints this when the library is complete. Later failures are harmless.
    if (!result.stderr.includes('Building TensorFlow') || !readTensorFlowFolder(deps)) {
      const reason = result.timedOut ? 'it took too long' : lastLines(result.stderr || result.stdout, 3);
      throw new StepImpossible(`its installer did not get libtensorflow: ${reason}`);
    }
    await adopt(job, packageDir, deps);
  });
  const copy = await knownCopy(job, compilable);
  if (!copy) throw new StepImpossible('it brought no binding for this system, and there is no C++ compiler');
  return copy;
}

async function knownCopy(job: Job, compilable: boolean): Promise<TensorFlowCopy | null> {
  const copy = await cachedCopy(job.layout, KEY);
  if (!copy || compilable) return copy;
  const prebuilt = join(job.layout.tensorflow, KEY, PREBUILT);
  return existsSync(prebuilt) ? { ...copy, prebuilt } : null;
}

async function adopt(job: Job, packageDir: string, deps: string): Promise<void> {
  const folder = readTensorFlowFolder(deps);
  const napi = join(packageDir, 'lib');
  const built = (existsSync(napi) ? readdirSync(napi) : [])
    .map((name) => join(napi, name, 'tfjs_binding.node'))
    .find((path) => existsSync(path));
  const files = folder?.libraries.map((name) => join('lib', name)) ?? [];
  if (built) {
    const prebuilt = join(deps, 'prebuilt');
    await mkdirAndMove(built, prebuilt);
    files.push(PREBUILT);
  }
  await publish<TensorFlowManifest>(job.layout, deps, join(job.layout.tensorflow, KEY), files, {
    key: KEY,
    source: 'package',
    version: 'unknown',
    gpu: false,
    sha256: {},
  });
}

async function mkdirAndMove(file: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await rename(file, join(dir, 'tfjs_binding.node'));
}

/** @throws StepImpossible if the host of the library refuses connections (not checked behind a proxy) */
async function checkHost(job: Job): Promise<void> {
  const { env } = process;
  if (env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy) return;
  const base =
    env.TFJS_NODE_BASE_URI ||
    env.TFJS_NODE_CDN_STORAGE ||
    env.CDN_STORAGE ||
    'https://storage.googleapis.com/';
  const { hostname, port, protocol } = new URL(base);
  job.report({
    kind: 'step',
    text: `asking ${hostname}, where tfjs-node's own installer gets libtensorflow`,
  });
  const error = await connectError(hostname, Number(port) || (protocol === 'http:' ? 80 : 443));
  if (error) {
    throw new StepImpossible(`it downloads from ${hostname}, which cannot be reached (${error})`, {
      fix: `Allow connections to ${hostname}, or set HTTPS_PROXY.`,
    });
  }
}

function connectError(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const finish = (error: string | null) => {
      socket.destroy();
      resolve(error);
    };
    socket.once('connect', () => finish(null));
    socket.once('timeout', () => finish(`no answer in ${CONNECT_MS / 1000} seconds`));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
