import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFileError } from '@fin/files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addToFinishedRun,
  OutputError,
  RunFolder,
  readRunRecord,
  requireFreeOutput,
  requireWritableFolder,
  withRun,
} from '../src/index.js';
import { environment, opened, planOf, train as trainIn } from './small-run.js';

let home: string;
let dir: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fin-run-'));
  dir = join(home, 'good');
});

afterEach(() => rm(home, { recursive: true, force: true }));

const plan = (options: object = {}) => planOf(dir, options);
const train = (text: string, options: object = {}) => trainIn(dir, text, options);

/** Every file of a folder with its content. */
function content(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(name, 'utf8')]));
}

describe('a run that is overwritten', () => {
  it('is replaced when the new one is finished, and nothing else is left', async () => {
    await train('old');
    await addToFinishedRun(dir, 'evaluation.json', '{}');
    await train('new', { overwrite: true });
    expect(readFileSync(join(dir, 'predictions.csv'), 'utf8')).toBe('new');
    expect(readdirSync(dir).sort()).toEqual([
      'config.json',
      'data.json',
      'environment.json',
      'manifest.json',
      'metrics.jsonl',
      'predictions.csv',
      'run.json',
    ]);
    await RunFolder.open(dir, 'forecaster');
  });

  it.each([
    ['the inputs cannot be opened', { open: () => Promise.reject(new Error('no model')) }, 'no model'],
    [
      'a setting is wrong',
      {
        resolve: () => {
          throw new Error('epochs');
        },
      },
      'epochs',
    ],
    [
      'an input lies in it',
      { open: async () => ({ ...opened, inputs: [join(home, 'link', 'data')] }) },
      'lies in its',
    ],
    ['another kind is trained', { kind: 'sentiment-tuning' }, 'is the training of a forecaster'],
  ])('stays as it is when %s', async (_, options, message) => {
    await train('old');
    await mkdir(join(dir, 'data'));
    await symlink(dir, join(home, 'link'));
    const before = content(dir);
    await expect(train('new', { overwrite: true, ...options })).rejects.toThrow(message);
    expect(content(dir)).toEqual(before);
  });

  it.each([
    ['notes', 'notes.txt'],
    ['notes in a folder of the run', 'checkpoint/notes.txt'],
    ['a nested run', 'second/run.json'],
    ['a nested run in a folder of the run', 'checkpoint/model.safetensors/run.json'],
  ])('is refused while it holds %s', async (_, name) => {
    await train('old');
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), 'years of work');
    const before = content(dir);
    await expect(train('new', { overwrite: true })).rejects.toThrow(`"${name}" in it is no file of the run`);
    expect(content(dir)).toEqual(before);
  });

  it.each([['thesis'], ['{"format":"other"}'], ['null'], ['[]']])(
    'is not taken for one because of a file named run.json: %s',
    async (text) => {
      await mkdir(dir);
      await writeFile(join(dir, 'run.json'), text);
      await expect(train('new', { overwrite: true })).rejects.toThrow('holds no run');
      expect(content(dir)).toEqual({ [join(dir, 'run.json')]: text });
    },
  );

  it('stays when the new one fails or is stopped before its first checkpoint', async () => {
    await train('old');
    const before = content(dir);
    const failing = withRun(plan({ overwrite: true }), () => Promise.reject(new Error('loss is NaN')));
    await expect(failing).rejects.toThrow('loss is NaN');
    expect(content(dir)).toEqual(before);
    expect(await withRun(plan({ overwrite: true }), async () => null)).toBeNull();
    expect(content(dir)).toEqual(before);
  });

  it('is readable while the new one waits to be resumed, and is replaced then', async () => {
    await train('old');
    await withRun(plan({ overwrite: true }), async ({ run }) => {
      await run.writeText('checkpoints/step-1/state.json', '{}');
      return null;
    });
    expect(readRunRecord(dir)).toMatchObject({ finished: true, resumable: true });
    expect(await (await RunFolder.open(dir)).readText('predictions.csv')).toBe('old');
    await addToFinishedRun(dir, 'evaluation.json', '{}');
    const resumed = await withRun(plan({ resume: true }), async ({ run, resumed: again }) => {
      expect(again).toEqual({ note: null });
      expect(await run.hasCheckpoints()).toBe(true);
      await run.writeText('predictions.csv', 'new');
      return 'done';
    });
    expect(resumed).toBe('done');
    expect(await (await RunFolder.open(dir)).readText('predictions.csv')).toBe('new');
    expect(existsSync(join(dir, '.next'))).toBe(false);
    expect(existsSync(join(dir, 'evaluation.json'))).toBe(false);
    expect(readRunRecord(dir)).toMatchObject({ finished: true, resumable: false });
  });
});

describe('clean-up', () => {
  it('leaves a folder that was there, and removes those that it made', async () => {
    await mkdir(dir);
    await expect(withRun(plan(), () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(readdirSync(dir)).toEqual([]);
    const nested = join(home, 'a', 'b');
    await expect(withRun(plan({ dir: nested }), () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(existsSync(join(home, 'a'))).toBe(false);
  });
});

describe('a run is resumed only as it was begun', () => {
  it.each([
    [{ fusedOps: true }, 'was begun without fused ops, and this is with fused ops'],
    [{ backend: 'wasm' }, 'was begun on the backend cpu'],
  ])('%j', async (change, message) => {
    await withRun(plan(), async ({ run }) => {
      await run.writeText('checkpoints/step-1/state.json', '{}');
      return null;
    });
    const open = async () => ({ ...opened, environment: { ...environment, ...change } });
    await expect(train('x', { resume: true, open })).rejects.toThrow(message);
  });

  it.each([
    ['null', 'config.json is damaged'],
    ['{"settings":{"seed":"1"},"source":{}}', 'settings.seed'],
    ['{', 'it is not JSON'],
  ])('and with a config.json that is whole, not %s', async (text, message) => {
    await withRun(plan(), async ({ run }) => {
      await run.writeText('checkpoints/step-1/state.json', '{}');
      return null;
    });
    await writeFile(join(dir, 'config.json'), text);
    const error = await train('x', { resume: true }).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toBeInstanceOf(DamagedFileError);
    expect(error!.message).toContain(message);
  });
});

describe('addToFinishedRun', () => {
  it('changes one entry of the manifest and never vouches for other bytes', async () => {
    await train('old');
    await writeFile(join(dir, 'predictions.csv'), 'bad');
    await addToFinishedRun(dir, 'evaluation.json', '{"n":1}');
    await expect(RunFolder.open(dir)).rejects.toThrow('predictions.csv is damaged');
    await writeFile(join(dir, 'predictions.csv'), 'old');
    expect(await (await RunFolder.open(dir)).readJson('evaluation.json')).toEqual({ n: 1 });
  });

  it('passes over a report, and keeps what else is in its folder', async () => {
    await train('old');
    await mkdir(join(dir, 'report', 'files'), { recursive: true });
    const files = ['index.html', 'manifest.json', 'files/forecast-gain.csv'];
    for (const file of files) await writeFile(join(dir, 'report', file), '<p>');
    await writeFile(join(dir, 'report', 'notes.txt'), 'mine');
    await RunFolder.open(dir);
    await expect(train('new', { overwrite: true })).rejects.toThrow('report/notes.txt');
    await rm(join(dir, 'report', 'notes.txt'));
    await train('new', { overwrite: true });
    expect(existsSync(join(dir, 'report'))).toBe(false);
  });
});

describe('requireFreeOutput', () => {
  it('refuses inputs, files of runs and folders, also through links', async () => {
    await train('old');
    await symlink(dir, join(home, 'link'));
    const input = join(home, 'prices.csv');
    await writeFile(input, '');
    await symlink(input, join(home, 'prices-link.csv'));
    const refused = async (file: string, inputs: string[] = []) =>
      requireFreeOutput(file, inputs).then(
        () => null,
        (error: Error) => error.message,
      );
    expect(await refused(join(home, 'prices-link.csv'), [input])).toContain('is an input');
    expect(await refused(input, [home])).toContain('is an input');
    for (const name of [
      'predictions.csv',
      'run.json',
      'manifest.json',
      'checkpoint/model.safetensors',
      '.next/x',
    ]) {
      expect(await refused(join(home, 'link', name)), name).toContain('belongs to the run in');
    }
    expect(await refused(dir)).toContain('is a folder');
    expect(await refused(join(dir, 'report', 'index.html'), [dir])).toBeNull();
    expect(await refused(join(home, 'new', 'out.csv'), [dir, input])).toBeNull();
    expect(await refused('x')).toBeNull();
    expect(await refused(join(input, 'x'))).toContain('not a folder');
  });

  it('refuses devices, links to nothing and names that are too long, and leaves no trace of the trial', async () => {
    await symlink(join(home, 'nowhere'), join(home, 'dangling'));
    await mkdir(join(home, 'other'));
    await writeFile(join(home, 'other', 'run.json'), '{}');
    const before = (await readdir(home)).sort();
    for (const [file, problem] of [
      ['/dev/null', 'not a regular file'],
      [join(home, 'dangling'), 'a link to nothing'],
      [join(home, 'dangling', 'x'), 'not a folder'],
      [join(home, 'n'.repeat(250)), 'ENAMETOOLONG'],
      [join(home, 'other', 'config.json'), 'belongs to the run in'],
    ]) {
      await expect(requireFreeOutput(file)).rejects.toThrow(problem);
      await expect(requireFreeOutput(file)).rejects.toBeInstanceOf(OutputError);
    }
    await expect(requireWritableFolder(join(home, 'other', 'run.json'))).rejects.toThrow('not a folder');
    await requireWritableFolder(join(home, 'a', 'b'));
    expect((await readdir(home)).sort()).toEqual(before);
  });
});
