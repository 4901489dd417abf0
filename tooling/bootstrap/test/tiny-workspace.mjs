import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { inRoot } from '../step.mjs';

/**
 * A workspace of turbo in a temporary folder, with one package per entry of `scripts`. Deleted after the test.
 *
 * @param {Record<string, Record<string, string>>} scripts npm scripts of each package in packages/
 * @param {object} tasks turbo's tasks
 */
export function tinyWorkspace(scripts, tasks) {
  const root = mkdtempSync(join(tmpdir(), 'fin-tiny-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path, text) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const { packageManager } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  write('package.json', JSON.stringify({ name: 'tiny', private: true, packageManager }));
  write('pnpm-workspace.yaml', 'packages: ["packages/*"]\n');
  write('.gitignore', '.turbo\n.fin\n');
  write('turbo.json', JSON.stringify({ ui: 'stream', tasks }));
  const importers = Object.keys(scripts).map((name) => `  packages/${name}: {}\n`);
  write('pnpm-lock.yaml', `lockfileVersion: "9.0"\nimporters:\n  .: {}\n${importers.join('')}`);
  for (const [name, each] of Object.entries(scripts)) {
    write(`packages/${name}/package.json`, JSON.stringify({ name, version: '0.0.0', scripts: each }));
  }
  execFileSync('git', ['init', '-q'], { cwd: root });
  const turbo = (...args) =>
    spawnSync('turbo', args, {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: [inRoot('node_modules', '.bin'), process.env.PATH].join(delimiter),
        TURBO_TELEMETRY_DISABLED: '1',
        TURBO_CACHE_DIR: join(root, '.turbo', 'cache'),
      },
    });
  return { root, write, turbo };
}
