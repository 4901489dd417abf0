import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRoot, runCommand, StepFailed, say } from '../step.mjs';

const stampFile = inRoot('node_modules', '.fin-dependencies');

/** Hash of everything that decides what pnpm installs (lock file, workspace file, package.json files), and of what is installed. */
function dependencyState() {
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of ['packages', 'apps', 'tooling']) {
    for (const name of readdirSync(inRoot(group)).sort()) manifests.push(join(group, name, 'package.json'));
  }
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of manifests)
    if (existsSync(inRoot(file))) hash.update(file).update(readFileSync(inRoot(file)));
  for (const file of manifests) hash.update(`${existsSync(inRoot(dirname(file), 'node_modules'))}`);
  return hash.digest('hex');
}

/** Installs the workspace's npm dependencies with the pnpm version that package.json pins, unless they are installed already. */
export async function ensureDependencies() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === dependencyState()) return;
  const { packageManager } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  say(`installing npm dependencies with ${packageManager} (once)`);
  const installed = existsSync(inRoot('node_modules', '.bin', 'pnpm'));
  const install = ['install', '--frozen-lockfile', '--reporter=append-only'];
  const { code } = installed
    ? await runCommand('pnpm', install)
    : await runCommand('npm', ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...install]);
  if (code !== 0) {
    throw new StepFailed(
      'fin: the npm dependencies could not be installed (see above). Check that the npm registry is reachable ' +
        '(`npm ping`), then run the same command again.',
      code,
    );
  }
  writeFileSync(stampFile, dependencyState());
}
