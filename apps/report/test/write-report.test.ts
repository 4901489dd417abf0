import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunFolder } from '@fin/run';
import { expect, it } from 'vitest';
import { newestRun, ReportInputError, writeReport } from '../src/index.js';
import { changeRun, fixtureRun } from './run-copy.js';

it('makes the folders on the way and leaves nothing else', async () => {
  const runDir = await fixtureRun();
  const out = join(runDir, '..', 'a', 'b', 'report.html');
  const { file } = await writeReport({ runDir, out });
  expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/);
  expect(await readdir(dirname(file))).toEqual(['report.html']);
});

it('inside the run changes no file of the run, its manifest included', async () => {
  const runDir = await fixtureRun();
  const contents = async () => {
    const names = (await readdir(runDir)).filter((name) => name !== 'report.html').sort();
    return Promise.all(names.map(async (name) => [name, await readFile(join(runDir, name), 'base64')]));
  };
  const before = await contents();
  const out = join(runDir, 'report.html');
  for (let times = 0; times < 2; times++) {
    await writeReport({ runDir, out });
    expect(await contents()).toEqual(before);
    expect(await readFile(out, 'utf8')).toContain('Forecast report');
    await RunFolder.open(runDir);
  }
});

it('refuses a file of this or another run', async () => {
  const [runDir, other] = [await fixtureRun(), await fixtureRun()];
  for (const name of ['predictions.csv', 'run.json', 'manifest.json']) {
    for (const dir of [runDir, other]) {
      const before = await readFile(join(dir, name));
      await expect(writeReport({ runDir, out: join(dir, name) })).rejects.toThrow('belongs to the run in');
      expect(await readFile(join(dir, name))).toEqual(before);
    }
  }
  await RunFolder.open(other);
});

it('writes nothing when there is nothing to report', async () => {
  const runDir = await fixtureRun();
  await changeRun(runDir, (folder) => folder.writeJson('evaluation.json', {}));
  const out = join(runDir, '..', 'out', 'report.html');
  await expect(writeReport({ runDir, out })).rejects.toThrow(ReportInputError);
  await expect(readFile(out)).rejects.toThrow();
});

it('finds the run of a forecaster that was finished last, and only finished ones', async () => {
  const runs = dirname(await fixtureRun());
  for (const [name, kind, minute] of [
    ['b', 'forecaster', 2],
    ['a', 'forecaster', 3],
    ['c', 'forecaster', 1],
    ['tuned', 'sentiment-tuning', 4],
    ['own', 'custom', 5],
  ] as const) {
    await (await RunFolder.create(join(runs, name), { kind })).finish();
    await utimes(join(runs, name, 'manifest.json'), 4e9 + 60 * minute, 4e9 + 60 * minute);
  }
  await (await RunFolder.create(join(runs, 'unfinished'), { kind: 'forecaster' })).close();
  await mkdir(join(runs, 'thesis'));
  await writeFile(join(runs, 'thesis', 'run.json'), '{}');
  await writeFile(join(runs, 'thesis', 'manifest.json'), '{}');
  expect(await newestRun(runs)).toBe(join(runs, 'a'));
  await expect(newestRun(join(runs, 'nowhere'))).rejects.toThrow(/no finished run; make one with fin train/);
});
