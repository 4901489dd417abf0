import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot, runCommand, StepFailed, say } from '../step.mjs';

const stampFile = inRoot('node_modules', '.fin-build');

/** Hash of the names, sizes and times of all source files: cheap to compute, and different after any edit. */
function sourceState() {
  const hash = createHash('sha256');
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else {
        const { size, mtimeMs } = statSync(child);
        hash.update(`${child} ${size} ${mtimeMs}\n`);
      }
    }
  };
  visit(inRoot('tooling', 'tsconfig'));
  for (const group of ['packages', 'apps']) {
    for (const name of readdirSync(inRoot(group)).sort()) {
      const folder = inRoot(group, name);
      // Without tsconfig.json it is a package that someone added for own work, with nothing to build.
      if (!['package.json', 'tsconfig.json'].every((file) => existsSync(join(folder, file)))) continue;
      hash.update(`${name} ${existsSync(join(folder, 'dist', 'index.js'))}\n`);
      for (const part of ['src', 'native']) if (existsSync(join(folder, part))) visit(join(folder, part));
      for (const file of ['package.json', 'tsconfig.json']) hash.update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex');
}

const isBuilt = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourceState();

async function build(...args) {
  const { code, output } = await runCommand('turbo', ['run', 'build', '--output-logs=errors-only', ...args], {
    capture: true,
  });
  if (code !== 0) throw new StepFailed(`${output}\nfin: the build failed (see above).`, code);
}

/** Compiles what installs native TensorFlow, so that the other packages can be compiled while it is downloaded. */
export async function ensureInstallerBuilt() {
  if (!isBuilt()) await build('--filter=@fin/runtime');
}

/** Compiles the packages that changed; does nothing when no source file changed since the last call. */
export async function ensureBuilt() {
  if (isBuilt()) return;
  say('building the packages');
  await build();
  writeFileSync(stampFile, sourceState());
}
