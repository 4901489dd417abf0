import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { packagesIn, root } from './workspace.mjs';

/** Environment of child processes: the workspace's tools first on the PATH. */
export const toolEnvironment = {
  ...process.env,
  PATH: [
    join(root, 'tooling/checks/node_modules/.bin'),
    join(root, 'node_modules/.bin'),
    process.env.PATH,
  ].join(delimiter),
};

/** The packages that are published. */
export const published = packagesIn('packages', 'apps').filter(({ manifest }) => !manifest.private);

/**
 * Packs the published packages as `pnpm publish` does, which replaces `workspace:` and `catalog:` by versions.
 *
 * @returns tarball of each, by the package's name, and a function that deletes them
 */
export function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'fin-pack-'));
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  execFileSync('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], {
    cwd: root,
    env: toolEnvironment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const tarball = ({ name, version }) => join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`);
  return {
    tarballs: new Map(published.map(({ manifest }) => [manifest.name, tarball(manifest)])),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
