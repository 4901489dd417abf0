import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { StepFailed } from '../step-failed.mjs';
import { inRoot } from '../workspace.mjs';

const stampFile = inRoot('node_modules', '.fin-dependencies');

/** Hash of all that decides what pnpm installs: lock file, workspace file and every manifest. */
function wantedDependencies() {
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of ['packages', 'apps', 'tooling']) {
    for (const name of readdirSync(inRoot(group)).sort()) manifests.push(join(group, name, 'package.json'));
  }
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of manifests)
    if (existsSync(inRoot(file))) hash.update(file).update(readFileSync(inRoot(file)));
  return hash.digest('hex');
}

/** Installs the workspace's npm dependencies with the pnpm that package.json pins, unless that very set is installed. */
export async function ensureDependencies() {
  const wanted = wantedDependencies();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
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
  writeFileSync(stampFile, wanted);
}
