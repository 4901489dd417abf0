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

it('inside the run becomes a file of the run, any number of times', async () => {
  const runDir = await fixtureRun();
  const out = join(runDir, 'report.html');
  await writeReport({ runDir, out });
  await changeRun(runDir, (folder) => folder.writeJson('config.json', { seed: 8 }));
  await writeReport({ runDir, out });
  const folder = await RunFolder.open(runDir);
  expect(await folder.readText('report.html')).toContain('<code>seed</code></th><td>8</td>');
});

it('writes nothing when there is nothing to report', async () => {
  const runDir = await fixtureRun();
  await changeRun(runDir, (folder) => folder.writeJson('evaluation.json', {}));
  const out = join(runDir, '..', 'out', 'report.html');
  await expect(writeReport({ runDir, out })).rejects.toThrow(ReportInputError);
  await expect(readFile(out)).rejects.toThrow();
});

it('finds the run that was finished last, and only finished ones', async () => {
  const runs = dirname(await fixtureRun());
  for (const [name, minute] of [
    ['b', 2],
    ['a', 3],
    ['c', 1],
  ] as const) {
    await mkdir(join(runs, name));
    await writeFile(join(runs, name, 'manifest.json'), '{}');
    await utimes(join(runs, name, 'manifest.json'), 4e9 + 60 * minute, 4e9 + 60 * minute);
  }
  await mkdir(join(runs, 'unfinished'));
  expect(await newestRun(runs)).toBe(join(runs, 'a'));
  await expect(newestRun(join(runs, 'nowhere'))).rejects.toThrow(/no finished run; make one with fin train/);
});
