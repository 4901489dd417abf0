import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstallEvent, InstallOutcome } from '../../../src/index.js';
import { cacheLayout } from '../../../src/install/cache-layout.js';
import type { InstallInputError } from '../../../src/install/errors.js';
import { runJob } from '../../../src/install/install-tensorflow.js';
import type { PinnedWheel, PlatformPins } from '../../../src/install/pins.js';
import type { Files } from './archives.js';
import { tgz, zip } from './archives.js';

const support = dirname(fileURLToPath(import.meta.url));

export type ToolName = 'python3' | 'c++' | 'npm';

/** One call of a fake program. */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly pid: number;
  readonly tmp: string;
}

/** What one run of an installation came to. */
export interface Run {
  readonly code: number | null;
  readonly outcome: InstallOutcome & { error?: string; kind?: string; message?: string };
  readonly stderr: string;
}

const extension = process.platform === 'darwin' ? 'dylib' : 'so';
/** `libtensorflow_cc.so.2`, on a Mac `libtensorflow_cc.2.dylib`. */
export const library = (stem: string): string =>
  extension === 'so' ? `lib${stem}.so.2` : `lib${stem}.2.dylib`;

/** The files of a small TensorFlow that says it is of this version. */
export function tensorflowFiles(version: string, prefix = 'tensorflow/'): Files {
  return {
    [`${prefix}${library('tensorflow_cc')}`]: version,
    [`${prefix}${library('tensorflow_framework')}`]: 'framework',
    [`${prefix}include/tensorflow/c/c_api.h`]: '// C API',
  };
}

/**
 * A made-up machine in a temporary folder: a PATH with fake programs only, an index of small wheels, an empty cache.
 * Runs there touch no network and finish in well under a second.
 */
export class Machine {
  readonly dir: string = realpathSync(mkdtempSync(join(tmpdir(), 'fin-machine-')));
  readonly cache: string = join(this.dir, 'cache');
  readonly index: string = join(this.dir, 'index');
  readonly log: string = join(this.dir, 'log');
  readonly platform: PlatformPins;
  readonly #bin = join(this.dir, 'bin');
  readonly #integrity: string;
  readonly #started: ChildProcess[] = [];

  constructor(tools: readonly ToolName[] = ['python3', 'c++', 'npm']) {
    for (const dir of [this.index, this.#bin]) mkdirSync(dir);
    writeFileSync(this.log, '');
    for (const tool of tools) writeFileSync(join(this.#bin, tool), fakeTool(tool));
    for (const tool of readdirSync(this.#bin)) chmodSync(join(this.#bin, tool), 0o755);
    const tarball = tgz({
      'package/package.json': '{}',
      'package/dist/index.js': '',
      'package/binding/tfjs_backend.cc': '',
      'package/binding/tfjs_binding.cc': '',
    });
    writeFileSync(join(this.index, 'tfjs.tgz'), tarball);
    this.#integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    this.platform = {
      cpu: {
        key: 'tensorflow-cpu',
        version: '2.21.0',
        gpu: false,
        wheels: [
          this.#wheel('tensorflow-cpu', /^tensorflow\/(lib|include\/).+/, {
            ...tensorflowFiles('2.21.0'),
            'tensorflow/python/__init__.py': 'raise SystemExit',
          }),
        ],
      },
      gpu: {
        key: 'tensorflow-gpu',
        version: '2.21.0',
        gpu: true,
        wheels: [
          this.#wheel('tensorflow', /^tensorflow\/(lib|include\/).+/, tensorflowFiles('2.21.0')),
          this.#wheel('nvidia-cublas', /^nvidia\//, {
            'nvidia/cublas/lib/libcublas.so.12': 'cublas',
            'nvidia/cuda_nvcc/bin/ptxas!': 'ptxas',
          }),
        ],
      },
      zig: this.#wheel('ziglang', /^ziglang\/(zig|lib\/.+)$/, {
        'ziglang/zig!': fakeTool('zig'),
        'ziglang/lib/c.h': '',
      }),
    };
  }

  #wheel(project: string, take: RegExp, files: Files): PinnedWheel {
    const content = zip(files);
    writeFileSync(join(this.index, `${project}==1.whl`), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const bytes = content.length;
    return { project, version: '1', platform: 'any', bytes, unpackedBytes: bytes, sha256, take };
  }

  /** Variables of an installation on this machine. */
  #environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { FIN_TENSORFLOW_DIR: _, FIN_GPU: __, CXX: ___, ...inherited } = process.env;
    return {
      ...inherited,
      PATH: this.#bin,
      FIN_CACHE_DIR: this.cache,
      NODE_OPTIONS: `--require ${join(support, 'fake-loader.cjs')}`,
      FAKE_LOG: this.log,
      FAKE_INDEX: this.index,
      // Nothing listens here: tfjs-node's own installer is out of reach unless a test gives it a host.
      TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:9/',
      ...env,
    };
  }

  #job(job: object) {
    const { platform, ...rest } = {
      tfjsIntegrity: this.#integrity,
      gpu: false,
      keepCpuBuild: false,
      platform: this.platform as PlatformPins | undefined,
      ...job,
    };
    return { ...rest, pins: platform };
  }

  /** Starts an installation in a process of its own, as the command does. */
  start(env: NodeJS.ProcessEnv = {}, job: object = {}): ChildProcess {
    const FAKE_JOB = JSON.stringify(this.#job(job), (_key, value) =>
      value instanceof RegExp ? value.source : value,
    );
    const child = spawn(process.execPath, [join(support, 'driver.mjs')], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.#environment(env), FAKE_JOB },
    });
    this.#started.push(child);
    return child;
  }

  /** Runs an installation to its end in this process: to start Node takes as long as the rest. One at a time. */
  async runHere(env: NodeJS.ProcessEnv = {}, job: object = {}): Promise<Run> {
    const [folder, environment] = [process.cwd(), process.env];
    let stderr = '';
    const report = (event: InstallEvent) => {
      if (event.kind !== 'progress') stderr += `${event.text}\n`;
    };
    process.chdir(this.dir);
    process.env = this.#environment(env);
    try {
      const outcome = await runJob({
        ...this.#job(job),
        layout: cacheLayout(),
        signal: undefined,
        report,
      });
      return { code: 0, outcome, stderr };
    } catch (error) {
      const { name, kind, message } = error as InstallInputError;
      return { code: 2, outcome: { error: name, kind, message } as Run['outcome'], stderr };
    } finally {
      process.env = environment;
      process.chdir(folder);
    }
  }

  /** Runs an installation to its end, in a process of its own. */
  run(env: NodeJS.ProcessEnv = {}, job: object = {}): Promise<Run> {
    return finish(this.start(env, job));
  }

  calls(name?: string): Call[] {
    const lines = readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
    const calls = lines.map((line) => {
      const [name, pid, tmp, ...args] = line.split('\t');
      return { name, pid: Number(pid), tmp, args };
    });
    return calls.filter((call) => !name || call.name === name);
  }

  /** Waits until a program was called; gives the call. */
  async called(name: string): Promise<Call> {
    for (;;) {
      const [call] = this.calls(name);
      if (call) return call;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What interrupted runs left. */
  leftovers(): string[] {
    const tmp = join(this.cache, 'tmp');
    return existsSync(tmp) ? readdirSync(tmp) : [];
  }

  /** As if the lock that a killed run left had been there for long. */
  ageLock(): void {
    const past = new Date(Date.now() - 60_000);
    utimesSync(join(this.cache, 'install.lock'), past, past);
  }

  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dir, name)), { recursive: true });
      writeFileSync(join(this.dir, name), content);
    }
  }

  /** Ends what a failed test left running, and clears the disk. */
  remove(): void {
    for (const child of this.#started) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The end of a run. */
export function finish(child: ChildProcess): Promise<Run> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, outcome: stdout ? JSON.parse(stdout) : {}, stderr }));
  });
}

function fakeTool(name: string): string {
  return `#!/bin/sh\nset -- '${name}' "$@"\n. '${join(support, 'fake-tool.sh')}'\n`;
}
