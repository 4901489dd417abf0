import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFileError, FileWriteError, FolderLockedError } from '@fin/files';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunExistsError, RunFolder, RunInputError, RunUnfinishedError, readRunRecord } from '../src/index.js';

let home: string;
let dir: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fin-run-'));
  dir = join(home, 'runs', 'first');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

async function finishedRun(): Promise<void> {
  await (await unfinishedRun()).finish();
}

async function unfinishedRun(): Promise<RunFolder> {
  const run = await RunFolder.create(dir);
  await run.writeJson('config.json', { seed: 42 });
  await run.writeText('predictions.csv', 'date,close\n2015-01-02,17832.99\n');
  await run.writeBytes('checkpoint/model.bin', [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  run.appendMetrics({ step: 1, loss: 0.5 });
  run.appendMetrics({ step: 2, loss: Number.NaN });
  return run;
}

describe('a run folder', () => {
  it('keeps what was written, and a manifest that says so', async () => {
    await finishedRun();
    const run = await RunFolder.open(dir);
    expect(await run.readJson('config.json')).toEqual({ seed: 42 });
    expect(await run.readText('predictions.csv')).toContain('17832.99');
    expect([...(await readFile(run.path('checkpoint/model.bin')))]).toEqual([1, 2, 3]);
    expect(run.readMetrics()).toEqual([
      { step: 1, loss: 0.5 },
      { step: 2, loss: null },
    ]);
    const manifest = await run.readJson<{ files: { path: string; size: number; sha256: string }[] }>(
      'manifest.json',
    );
    expect(manifest.files.map(({ path, size }) => [path, size])).toEqual([
      ['checkpoint/model.bin', 3],
      ['config.json', 17],
      ['metrics.jsonl', 45],
      ['predictions.csv', 31],
      ['run.json', expect.any(Number)],
    ]);
    expect(manifest.files[0].sha256).toBe('039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81');
    expect((await readdir(dir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each([
    [
      'config.json',
      'cut short',
      (path: string) => truncate(path, 5),
      'it has 5 bytes and was written with 17',
    ],
    ['config.json', 'longer', (path: string) => appendFile(path, ' '), 'it has 18 bytes'],
    ['config.json', 'changed', (path: string) => writeFile(path, '{\n  "seed": 43\n}\n'), 'sha256 differs'],
    ['predictions.csv', 'deleted', (path: string) => rm(path), 'it is missing'],
    ['manifest.json', 'deleted', (path: string) => rm(path), 'never finished'],
    ['manifest.json', 'cut short', (path: string) => truncate(path, 30), 'not a manifest'],
    ['run.json', 'changed', (path: string) => writeFile(path, '{}'), 'version'],
    ['run.json', 'emptied', (path: string) => writeFile(path, ''), 'it is not JSON'],
    ['run.json', 'nothing', (path: string) => writeFile(path, 'null'), 'run.json is damaged'],
  ])('names the file when it is damaged: %s %s', async (name, _, damage, problem) => {
    await finishedRun();
    await damage(join(dir, name));
    const error = await RunFolder.open(dir).then(null, (thrown: unknown) => thrown as DamagedFileError);
    expect(error).toBeInstanceOf(DamagedFileError);
    expect(error).toMatchObject({ kind: 'input', path: join(dir, name) });
    expect((error as DamagedFileError).message).toContain(problem);
  });

  it('is not open for writing when it is finished', async () => {
    await finishedRun();
    const run = await RunFolder.open(dir);
    await expect(run.writeText('more.txt', '')).rejects.toThrow('reading only');
    expect(() => run.appendMetrics({ step: 3 })).toThrow(RunInputError);
  });

  it('refuses names that lead out of it', async () => {
    const run = await RunFolder.create(dir);
    for (const name of ['../x', '/etc/x', '', 'a/../../x', '..']) {
      await expect(run.writeText(name, ''), name).rejects.toThrow(RunInputError);
    }
    await run.close();
  });
});

describe('a folder that is there already', () => {
  it('may be empty', async () => {
    await mkdir(dir, { recursive: true });
    await (await RunFolder.create(dir)).close();
  });

  it('is refused when it holds a run, unless that may go', async () => {
    await finishedRun();
    await expect(RunFolder.create(dir)).rejects.toThrow(RunExistsError);
    await expect(RunFolder.create(dir)).rejects.toThrow('already holds a run');
    const again = await RunFolder.create(dir, { overwrite: true });
    expect(again.readMetrics()).toEqual([]);
    await again.writeText('config.json', '{"seed":43}');
    expect(await (await RunFolder.open(dir)).readJson('config.json')).toEqual({ seed: 42 }); // until the end
    await again.finish();
    expect((await readdir(dir)).sort()).toEqual([
      'config.json',
      'manifest.json',
      'metrics.jsonl',
      'run.json',
    ]);
    const run = await RunFolder.open(dir);
    expect(run.id).toBe(again.id);
    expect(await run.readJson('config.json')).toEqual({ seed: 43 });
  });

  it('is said to hold an unfinished run when it does', async () => {
    const run = await RunFolder.create(dir);
    await run.close();
    expect(readRunRecord(dir)).toMatchObject({ finished: false, resumable: true });
    await expect(RunFolder.create(dir)).rejects.toThrow('a run, which is unfinished: resume it');
    const error = await RunFolder.open(dir).then(null, (thrown: unknown) => thrown as RunUnfinishedError);
    expect(error).toBeInstanceOf(RunUnfinishedError);
    expect(error).toMatchObject({ kind: 'input', dir });
    await (await RunFolder.resume(dir)).finish();
    expect(readRunRecord(dir)).toMatchObject({ finished: true, resumable: false });
    expect(() => readRunRecord(home)).toThrow('holds no run');
  });

  it('loses a folder whole, also when its deletion was cut off', async () => {
    const run = await RunFolder.create(dir);
    await run.writeText('checkpoints/step-1/state.json', '{}');
    await run.remove('checkpoints');
    await run.remove('never-there');
    expect((await readdir(dir)).filter((name) => name.includes('checkpoints'))).toEqual([]);
    await run.close();
    const left = join(dir, `.checkpoints.123-${'0'.repeat(36)}.tmp`);
    await mkdir(join(left, 'step-1'), { recursive: true });
    await writeFile(join(left, 'step-1', 'state.json'), '{}');
    await (await RunFolder.resume(dir)).finish();
    expect((await readdir(dir)).filter((name) => name.includes('checkpoints'))).toEqual([]);
  });

  it('is refused when it holds anything else, whatever is asked', async () => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'thesis.tex'), 'years of work');
    await expect(RunFolder.create(dir, { overwrite: true })).rejects.toThrow('"thesis.tex"');
    expect(await readdir(dir)).toEqual(['thesis.tex']);
  });

  it('is refused when it is a file', async () => {
    await writeFile(join(home, 'runs'), '');
    await expect(RunFolder.create(dir)).rejects.toThrow(FileWriteError);
  });

  it('goes on where it stopped, without what a crash cut off', async () => {
    await (await unfinishedRun()).close();
    await appendFile(join(dir, 'metrics.jsonl'), '{"step":3,"lo');
    await writeFile(join(dir, `.config.json.123-${'0'.repeat(36)}.tmp`), 'half');
    const run = await RunFolder.resume(dir);
    await expect(RunFolder.open(dir)).rejects.toThrow('never finished');
    run.appendMetrics({ step: 3, loss: 0.25 });
    expect(run.readMetrics().map(({ step }) => step)).toEqual([1, 2, 3]);
    await run.finish();
    expect((await readdir(dir)).filter((name) => name.startsWith('.'))).toEqual([]);
    await RunFolder.open(dir);
  });

  it('forgets what was logged after the step that it goes on from', async () => {
    const run = await RunFolder.create(dir);
    for (const step of [1, 2, 3]) run.appendMetrics({ step });
    run.appendMetrics({ note: 'no step' });
    run.dropMetricsAfter(1);
    run.appendMetrics({ step: 2, again: true });
    expect(run.readMetrics()).toEqual([{ step: 1 }, { note: 'no step' }, { step: 2, again: true }]);
    await run.close();
  });

  it('cannot be resumed when it holds no run', async () => {
    await expect(RunFolder.resume(dir)).rejects.toThrow('holds no run');
  });
});

describe('the lock', () => {
  const lockBy = (holder: object) => ({
    pid: 1,
    host: hostname(),
    since: '2015-01-02T00:00:00.000Z',
    boot: null,
    namespace: null,
    started: null,
    ...holder,
  });

  it('refuses a second writer until the first is done', async () => {
    const first = await RunFolder.create(dir);
    await expect(RunFolder.resume(dir)).rejects.toThrow(FolderLockedError);
    await expect(RunFolder.create(dir, { overwrite: true })).rejects.toThrow(
      `process ${process.pid} on ${hostname()}`,
    );
    await first.writeText('still.txt', 'mine');
    await first.close();
    await (await RunFolder.resume(dir)).close();
  });

  it.skipIf(!existsSync('/proc/self/stat'))('is gone with the process that held it', async () => {
    await (await unfinishedRun()).close();
    const own = JSON.parse(await readFile(await heldLock(), 'utf8')) as object;
    for (const holder of [
      { ...own, pid: 2 ** 22 + 1 },
      { ...own, boot: 'another boot' },
      { ...own, started: '1' },
    ]) {
      await writeFile(join(dir, '.lock-left'), JSON.stringify(holder));
      await (await RunFolder.resume(dir)).close();
      expect(await readdir(dir)).not.toContain('.lock-left');
    }
  });

  it('counts as held when its process cannot be looked at', async () => {
    await (await unfinishedRun()).close();
    for (const content of [JSON.stringify(lockBy({ host: 'another-machine' })), 'unreadable']) {
      await writeFile(join(dir, '.lock-left'), content);
      await expect(RunFolder.resume(dir)).rejects.toThrow(join(dir, '.lock-left'));
    }
  });

  it('is gone with an earlier start of the same Slurm job, wherever that was', async () => {
    await (await unfinishedRun()).close();
    const start = (restarts: number, id = '7', cluster = 'one') => ({ cluster, id, restarts });
    const holderOf = (job?: object) =>
      writeFile(join(dir, '.lock-left'), JSON.stringify(lockBy({ host: 'node-2', job })));
    vi.stubEnv('SLURM_JOB_ID', '7');
    vi.stubEnv('SLURM_CLUSTER_NAME', 'one');
    vi.stubEnv('SLURM_RESTART_COUNT', '2');
    for (const job of [undefined, start(2), start(3), start(1, '8'), start(1, '7', 'two')]) {
      await holderOf(job);
      await expect(RunFolder.resume(dir)).rejects.toThrow(FolderLockedError);
    }
    await holderOf(start(1));
    await (await RunFolder.resume(dir)).close();
    expect(await readdir(dir)).not.toContain('.lock-left');
    vi.stubEnv('SLURM_JOB_ID', undefined);
    await holderOf(start(1));
    await expect(RunFolder.resume(dir)).rejects.toThrow(FolderLockedError);
  });

  it('lets one of many processes in, at most', async () => {
    await (await unfinishedRun()).close();
    const script = `
      import { RunFolder } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      try {
        await RunFolder.resume(${JSON.stringify(dir)});
        console.log('in');
        process.stdin.on('end', () => process.exit()).resume();
      } catch (error) {
        console.log(error.name);
        process.exit();
      }`;
    const processes = Array.from({ length: 6 }, () => started(script));
    const outcomes = await Promise.all(processes.map(({ firstLine }) => firstLine));
    // Whoever is in stays in until all have tried.
    for (const { child } of processes) child.stdin.end();
    await Promise.all(processes.map(({ closed }) => closed));
    expect(outcomes.filter((outcome) => outcome === 'in').length).toBeLessThanOrEqual(1);
    expect(new Set(outcomes.filter((outcome) => outcome !== 'in'))).toEqual(new Set(['FolderLockedError']));
  });

  async function heldLock(): Promise<string> {
    const run = await RunFolder.resume(dir);
    const name = (await readdir(dir)).find((entry) => entry.startsWith('.lock-'))!;
    const copy = join(home, 'lock-copy');
    await writeFile(copy, await readFile(join(dir, name)));
    await run.close();
    return copy;
  }
});

describe('a disk that does not take it', () => {
  it.skipIf(process.getuid?.() === 0)('says so when the folder is read-only', async () => {
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o500);
    await expect(RunFolder.create(dir)).rejects.toThrow('permission is denied');
  });

  it('says so when a file cannot be written, and leaves nothing of it', async () => {
    const run = await RunFolder.create(dir);
    await mkdir(join(dir, 'config.json'));
    await expect(run.writeJson('config.json', {})).rejects.toThrow(FileWriteError);
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await run.close();
  });
});

function started(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  let output = '';
  const firstLine = new Promise<string>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(output.slice(0, output.indexOf('\n')));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return { child, firstLine, closed };
}
