/**
 * Writes the field `repository` of each published package, `set-repository.mjs [FOLDER]`, before a release: npm shows it, and compares it with the
 * provenance. The repository is the one on GitHub that runs the workflow, else the remote `origin` of the clone.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const folder = process.argv[2] ?? '.';
const { GITHUB_REPOSITORY, GITHUB_SERVER_URL = 'https://github.com' } = process.env;

function remote() {
  try {
    const options = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['remote', 'get-url', 'origin'], options).trim();
  } catch {
    console.error('No repository: set GITHUB_REPOSITORY to OWNER/NAME, or give the clone a remote "origin".');
    process.exit(2);
  }
}

const url = GITHUB_REPOSITORY ? `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` : remote();
for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(folder, group))) {
    const file = join(folder, group, name, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    manifest.repository = { type: 'git', url, directory: `${group}/${name}` };
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  }
}
