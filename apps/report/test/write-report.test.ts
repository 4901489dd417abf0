import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles, verifyManifest } from '@fin/files';
import { RunFolder } from '@fin/run';
import { expect, it } from 'vitest';
import { newestRun, ReportInputError, writeReport } from '../src/index.js';
import { changeRun, fixtureRun, fixtureTuning } from './run-copy.js';

it('makes the folders on the way and leaves nothing else, also when it replaces a report through a link', async () => {
  const runDir = await fixtureTuning();
  const out = join(runDir, '..', 'a', 'b', 'site');
  const { file } = await writeReport({ runDirs: [runDir], out });
  expect(file).toBe(join(out, 'index.html'));
  expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/);
  const link = join(runDir, '..', 'link');
  await symlink(out, link);
  await writeReport({ runDirs: [runDir, runDir], out: link });
  expect(await readdir(dirname(out))).toEqual(['site']);
  await verifyManifest(out);
});

it('inside the run changes no file of the run, its manifest included, and replaces itself', async () => {
  const runDir = await fixtureTuning();
  const contents = async () => {
    const names = (await listFiles(runDir)).filter((name) => !name.startsWith('report/')).sort();
    return Promise.all(names.map(async (name) => [name, await readFile(join(runDir, name), 'base64')]));
  };
  const before = await contents();
  for (let times = 0; times < 2; times++) {
    await writeReport({ runDirs: [runDir], out: join(runDir, 'report') });
    expect(await contents()).toEqual(before);
    await RunFolder.open(runDir);
  }
});

it('refuses a folder of a run, and one with other files, and changes nothing in it', async () => {
  const [runDir, other] = [await fixtureTuning(), await fixtureRun()];
  const thesis = join(runDir, '..', 'thesis');
  await mkdir(thesis);
  await writeFile(join(thesis, 'chapter.txt'), 'mine');
  const report = join(runDir, '..', 'site');
  await writeReport({ runDirs: [runDir], out: report });
  await writeFile(join(report, 'files', 'notes.txt'), 'mine');
  for (const [out, problem] of [
    [other, /no report wrote/],
    [runDir, /no report wrote/],
    [join(runDir, 'adapter'), /belongs to the run in/],
    [thesis, /holds chapter\.txt, which no report wrote; choose another folder/],
    [report, /holds files\/notes\.txt, which no report wrote/],
    [join(thesis, 'chapter.txt'), /not a folder/],
  ] as const) {
    await expect(writeReport({ runDirs: [runDir], out })).rejects.toThrow(problem);
  }
  await RunFolder.open(other);
  expect(await readdir(thesis)).toEqual(['chapter.txt']);
  expect(await readFile(join(report, 'files', 'notes.txt'), 'utf8')).toBe('mine');
});

it('writes nothing when there is nothing to report', async () => {
  const runDir = await fixtureRun();
  await changeRun(runDir, (folder) => folder.writeJson('evaluation.json', {}));
  const out = join(runDir, '..', 'out');
  await expect(writeReport({ runDirs: [runDir], out })).rejects.toThrow(ReportInputError);
  await expect(readdir(out)).rejects.toThrow();
  await expect(writeReport({ runDirs: [], out })).rejects.toThrow('at least one run');
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
