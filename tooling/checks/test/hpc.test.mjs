import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { root } from '../workspace.mjs';

const folder = join(root, 'tooling/hpc');
const text = (name) => readFileSync(join(folder, name), 'utf8');
/** Files of the workspace that a text names by their place in the image or the repository. */
const namedFiles = (content) => [
  ...[...content.matchAll(/\/opt\/fin\/([\w./-]+)/g)].map(([, path]) => path),
  ...[...content.matchAll(/(?<![\w./])((?:tooling|apps|packages)\/[\w/-]+\.(?:js|sh|def))\b/g)].map(
    ([, path]) => path,
  ),
];
const scripts = readdirSync(folder).filter((name) => name.endsWith('.sh'));
const hasBash = spawnSync('bash', ['--version']).status === 0;
const isBash = (input) => spawnSync('bash', ['-n'], { input, encoding: 'utf8' }).stderr;

describe('tooling/hpc', () => {
  it.each([...scripts, 'Dockerfile', 'fin.def'])('%s names files that exist', (name) => {
    for (const path of namedFiles(text(name))) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('the recipes name the command and the build script', () => {
    for (const name of ['Dockerfile', 'fin.def']) {
      expect(namedFiles(text(name))).toEqual(
        expect.arrayContaining(['apps/cli/bin/fin.js', 'tooling/hpc/fetch.sh']),
      );
      expect(text(name)).toContain('build-offline.sh /opt/fetched /opt/fin');
    }
    expect(text('fetch.sh')).toContain('cp tooling/hpc/build-offline.sh "$fetched"');
  });

  it.skipIf(process.platform === 'win32' || !hasBash)(
    'scripts, and the commands of the recipes, are bash',
    () => {
      for (const name of scripts) expect(isBash(text(name)), name).toBe('');
      const runs = [...text('Dockerfile').matchAll(/^RUN (.*)$/gm)].map(([, command]) => command);
      const posts = [...text('fin.def').matchAll(/^%(?:post|runscript|environment)\n((?: {4}.*\n)+)/gm)].map(
        ([, body]) => body,
      );
      expect([runs.length, posts.length]).toEqual([2, 4]);
      for (const body of [...runs, ...posts]) expect(isBash(body), body).toBe('');
      expect(isBash('if then')).not.toBe('');
    },
  );

  it('the Dockerfile has known instructions, and copies from stages that it names', () => {
    const lines = text('Dockerfile')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const stages = [];
    for (const line of lines) {
      const [, instruction, rest] = /^(FROM|COPY|ENV|RUN|WORKDIR|ENTRYPOINT) (.+)$/.exec(line) ?? [];
      expect(instruction, line).toBeDefined();
      if (instruction === 'FROM') stages.push(/ AS (\w+)$/.exec(rest)?.[1]);
      const from = /^--from=(\w+)/.exec(rest)?.[1];
      if (from) expect(stages).toContain(from);
      if (instruction === 'ENTRYPOINT') expect(JSON.parse(rest)).toEqual(['fin']);
    }
    expect(stages).toEqual(['build', undefined]);
  });
});
