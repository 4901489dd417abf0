import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
/** Everything but what needs TensorFlow. */
const SOURCES = readdirSync(path('native'))
  .filter((name) => name.endsWith('.cc') && !/^(op|addon)/.test(name))
  .map((name) => path(`native/${name}`));

const checks = ['-fsanitize=address,undefined', '-fno-sanitize=alignment', '-fno-sanitize-recover=all'];
const compiler = process.env.CXX ?? 'c++';

/** Whether the compiler is there and has its sanitizers. */
async function canCheck(dir: string): Promise<boolean> {
  const source = join(dir, 'empty.cc');
  await writeFile(source, 'int main() {}');
  return run(compiler, [...checks, source, '-o', join(dir, 'empty')]).then(
    () => true,
    () => false,
  );
}

it('no inner loop touches a byte outside its buffers', async (context) => {
  const dir = await mkdtemp(join(tmpdir(), 'fin-bounds-'));
  try {
    if (!(await canCheck(dir))) return context.skip(`${compiler} has no address sanitizer`);
    const program = join(dir, 'bounds');
    const flags = [
      '-O1',
      '-g',
      '-std=c++17',
      '-ffp-contract=off',
      '-Wno-psabi',
      '-pthread',
      ...checks,
      `-I${path('native')}`,
    ];
    await run(compiler, [...flags, ...SOURCES, path('test/native/bounds.cc'), '-o', program]);
    expect((await run(program)).stdout).toMatch(/baseline\n$/);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 600_000);
