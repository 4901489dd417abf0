import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { published, toolEnvironment } from './pack.mjs';
import { run } from './run.mjs';
import { root } from './workspace.mjs';

/** The changesets in `.changeset`: bump of each package by its name, and the text. */
export function changesets(folder = root) {
  const dir = join(folder, '.changeset');
  return readdirSync(dir)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => {
      const [, head, text] = readFileSync(join(dir, name), 'utf8').match(/^---\n([\s\S]*?)\n---\n([\s\S]*)$/);
      const bumps = [...head.matchAll(/^['"](.+?)['"]: (patch|minor|major)$/gm)].map(([, ...pair]) => pair);
      return { name, bumps: new Map(bumps), text: text.trim() };
    });
}

/**
 * A copy of the workspace as it stands, with what was built, in a repository of its own: a release changes files, commits and tags.
 *
 * @returns its folder, and functions for the steps of a release in it
 */
export function releaseCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'fin-release-'));
  const step = (program, args, env = {}) => run(program, args, folder, { ...toolEnvironment, ...env });
  const copy = (path) => {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(folder, path), { recursive: true });
  };
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root);
  for (const path of listed.split('\0')) if (path !== '') copy(path);
  for (const each of published) copy(join(each.folder, 'dist'));

  const commit = (message) => {
    step('git', ['add', '--all']);
    step('git', ['commit', '--quiet', '--no-verify', '--message', message]);
  };
  step('git', ['init', '--quiet', '--initial-branch', 'main']);
  step('git', ['config', 'user.name', 'release']); // for tags as well
  step('git', ['config', 'user.email', 'release@localhost']);
  commit('as it stands');
  return {
    folder,
    version() {
      step('changeset', ['version']);
      commit('versions');
    },
    setRepository(name) {
      step(process.execPath, ['tooling/bootstrap/set-repository.mjs'], { GITHUB_REPOSITORY: name });
      commit('repository');
    },
    install: () => step('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts']),
    /** Publishes to this registry alone: no file of the user that could hold a token or another registry is read. */
    publish({ address, npmrc }) {
      const userconfig = join(folder, '.git', 'npmrc');
      writeFileSync(userconfig, npmrc);
      step('changeset', ['publish'], {
        CI: 'true', // no question about a second factor
        NPM_CONFIG_USERCONFIG: userconfig,
        npm_config_userconfig: userconfig,
        NPM_CONFIG_REGISTRY: address,
        npm_config_registry: address,
      });
    },
    manifest: (path) => JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
