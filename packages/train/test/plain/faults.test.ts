import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Training processes here are started and ended several times per test. */
const TIMEOUT = 240_000;

const script = (name: string) => fileURLToPath(new URL(`../faults/${name}`, import.meta.url));

let home: string;
let dir: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fin-faults-'));
  dir = join(home, 'checkpoints');
});

afterEach(() => rm(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a script to its end. @param onOutput called with all of its output so far */
function run(
  args: readonly string[],
  onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const env = { ...process.env, FIN_BACKEND: 'wasm' }; // always there, and quick to start
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    onOutput(output, (signal) => child.kill(signal));
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output, errors })));
}

const train = (steps: number, ...rest: [Parameters<typeof run>[1]?]) =>
  run([script('worker.mjs'), dir, String(steps)], ...rest);

describe('a training process', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('writes a checkpoint on %s and exits with %i', { timeout: TIMEOUT }, async (signal, code) => {
    let sent = false;
    const stopped = await train(2000, (output, kill) => {
      if (sent || !output.includes('ready')) return;
      sent = true;
      setTimeout(() => kill(signal), 200);
    });
    expect(stopped).toMatchObject({ code, output: expect.stringContaining('stopped') });
    const last = Number((await readdir(dir)).sort().at(-1)!.slice('step-'.length));
    const resumed = await train(2000, (output, kill) => {
      if (output.includes('ready')) kill('SIGKILL');
    });
    expect(resumed.output).toContain(`ready ${last}`);
  });
});

const canMount = (() => {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!canMount)('a disk (needs the right to mount one)', () => {
  const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });

  beforeEach(() => mkdir(dir));
  afterEach(() => execFileSync('umount', [dir], { stdio: 'ignore' }));

  it('that is full ends the run with a clear sentence, and it goes on when there is space', {
    timeout: TIMEOUT,
  }, async () => {
    mount('-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', dir);
    const full = await train(20);
    expect(full.code).not.toBe(0);
    expect(full.errors).toContain('the disk is full: free some space');
    const left = await readdir(dir);
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter((name) => !name.startsWith('step-'))).toEqual([]);
    mount('-o', 'remount,size=1m', dir);
    const resumed = await train(20);
    expect(resumed.output).toContain('done');
    expect(Number(/ready (\d+)/.exec(resumed.output)![1])).toBeGreaterThan(0);
  });

  it('that is read-only is refused before anything is trained', { timeout: TIMEOUT }, async () => {
    mount('-t', 'tmpfs', '-o', 'ro,size=48k', 'tmpfs', dir);
    const refused = await train(20);
    expect(refused.code).not.toBe(0);
    expect(refused.output).not.toContain('ready');
    expect(refused.errors).toContain('the file system is read-only: choose another folder');
  });
});
