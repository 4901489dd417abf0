import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { dataEnvironment, machineEnvironment, testEnvironment } from '../environment.mjs';
import { inRoot } from '../step.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fin-environment-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

describe('the data of npm run train, report and demo', () => {
  beforeEach(() => cpSync(inRoot('packages/data/test/fixtures/quirks'), folder, { recursive: true }));

  it('is named by FIN_DATA or --data, relative to the folder of the user', async () => {
    const env = { INIT_CWD: dirname(folder), FIN_DATA: basename(folder) };
    const found = await dataEnvironment('train', [], env);
    expect(found.FIN_DATA).toBe(folder);
    expect(
      await dataEnvironment('train', ['--data', basename(folder)], { INIT_CWD: dirname(folder) }),
    ).toEqual(found);
  });

  it('has another fingerprint after a file changed', async () => {
    const before = await dataEnvironment('train', ['--data', folder]);
    appendFileSync(join(folder, 'Combined_News_DJIA.csv'), '\n');
    const same = await dataEnvironment('train', ['--data', folder]);
    const file = join(folder, 'upload_DJIA_table.csv');
    appendFileSync(file, '2012-10-23,101,102,100,101,1000,101\n');
    const after = await dataEnvironment('train', ['--data', folder]);
    expect(before.FIN_DATA_FINGERPRINT).toMatch(/^[0-9a-f]{64}$/);
    expect(after.FIN_DATA_FINGERPRINT).not.toBe(before.FIN_DATA_FINGERPRINT);
    expect([before.FIN_DATA, same.FIN_DATA, after.FIN_DATA]).toEqual([folder, folder, folder]);
  });

  it('is refused before any work when it cannot be read', async () => {
    writeFileSync(join(folder, 'upload_DJIA_table.csv'), 'not prices\n');
    await expect(dataEnvironment('train', ['--data', folder])).rejects.toThrow('upload_DJIA_table.csv');
    await expect(dataEnvironment('train', ['--dta', folder])).rejects.toThrow(
      'usage: npm run train [-- --data DIR]',
    );
  });
});

it('describes Node, TensorFlow and the compilers', async () => {
  const found = await machineEnvironment();
  expect(found.FIN_NODE_KEY).toContain(process.version);
  expect(found.FIN_TENSORFLOW_KEY).not.toBe('');
  const without = await machineEnvironment({ ...process.env, PATH: folder });
  writeFileSync(join(folder, 'c++'), '');
  const withCompiler = await machineEnvironment({ ...process.env, PATH: folder });
  expect(withCompiler.FIN_TOOLS_KEY).not.toBe(without.FIN_TOOLS_KEY);
});

it('describes the shared files by content, not by name only', () => {
  const env = { FIN_SHARED_DIR: folder, PATH: '' };
  writeFileSync(join(folder, 'data.csv'), 'one');
  const before = testEnvironment(env);
  expect(testEnvironment(env)).toEqual(before);
  writeFileSync(join(folder, 'data.csv'), 'other');
  expect(testEnvironment(env)).not.toEqual(before);
});
