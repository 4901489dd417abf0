import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../workspace.mjs';

const run = promisify(execFile);

/** What the linter says of the imports of JavaScript files, which no type check reads. */
async function checkImports(files) {
  const args = ['lint', '--only=correctness/noUnresolvedImports', '--colors=off'];
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const { stdout, stderr } = await run(biome, [...args, ...files], { cwd: root }).catch((error) => error);
  return stdout + stderr;
}

it('benchmarks and other scripts import only what there is', async () => {
  const { stdout } = await run('git', ['ls-files', '*.mjs'], { cwd: root });
  const files = stdout.split('\n').filter((file) => file && !file.includes('/fixtures/'));
  expect(files.length).toBeGreaterThan(100);
  const said = await checkImports(files);
  expect(said).toContain(`Checked ${files.length} files`);
  expect(said).not.toContain('noUnresolvedImports');
});

it('the linter finds a name that a package does not export', async () => {
  const folder = await mkdtemp(fileURLToPath(new URL('script-', import.meta.url)));
  try {
    writeFileSync(join(folder, 'script.mjs'), "import { loadPrices, loadNothing } from '@fin/data';\n");
    expect(await checkImports([join(folder, 'script.mjs')])).toContain('no export named loadNothing');
  } finally {
    await rm(folder, { recursive: true });
  }
});
