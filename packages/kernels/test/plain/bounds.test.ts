import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const SOURCES = ['isa-baseline.cc', 'isa-avx2.cc', 'isa-avx512.cc', 'cpu.cc'].map((name) =>
  path(`native/${name}`),
);

/** A minute of compiling, and a compiler with sanitizers: only where it is asked for. */
it.runIf(process.env.FIN_TEST_SANITIZERS === '1')(
  'no inner loop touches a byte outside its buffers (FIN_TEST_SANITIZERS=1)',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fin-bounds-'));
    try {
      const program = join(dir, 'bounds');
      const checks = ['-fsanitize=address,undefined', '-fno-sanitize=alignment', '-fno-sanitize-recover=all'];
      const flags = [
        '-O1',
        '-g',
        '-std=c++17',
        '-ffp-contract=off',
        '-Wno-psabi',
        ...checks,
        `-I${path('native')}`,
      ];
      await run(process.env.CXX ?? 'c++', [
        ...flags,
        ...SOURCES,
        path('test/native/bounds.cc'),
        '-o',
        program,
      ]);
      expect((await run(program)).stdout).toMatch(/baseline\n$/);
    } finally {
      await rm(dir, { recursive: true });
    }
  },
  600_000,
);
