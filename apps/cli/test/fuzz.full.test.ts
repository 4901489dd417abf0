import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzz } from './fuzz/fuzz.js';
import { writeGood } from './fuzz/sandbox.js';

/** `FIN_FUZZ_LINES` and `FIN_FUZZ_SEED` run another portion of the command lines. */
const LINES = Number(process.env.FIN_FUZZ_LINES ?? 10_000);
const SEED = Number(process.env.FIN_FUZZ_SEED ?? 1);
/** Each seed has broken inputs of its own. */
const LINES_PER_SEED = 500;

const root = mkdtempSync(join(tmpdir(), 'fin-fuzz-'));
const good = join(root, 'good');
beforeAll(() => writeGood(good));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.skipIf(process.platform === 'win32')(
  `${LINES} random command lines end in order, within 30 s each, and destroy nothing`,
  async () => {
    const failures: string[] = [];
    for (let done = 0, seed = SEED; done < LINES; done += LINES_PER_SEED, seed++) {
      const lines = Math.min(LINES_PER_SEED, LINES - done);
      const result = await fuzz({ good, root, seed, lines, linesPerProcess: 250, onFailure: console.error });
      failures.push(...result.failures);
      console.log(
        `seed ${seed}: ${lines} lines, exit codes ${JSON.stringify(result.codes)}, longest ${(result.longestMs / 1000).toFixed(1)} s`,
      );
    }
    expect(failures.join('\n')).toBe('');
  },
  6 * 3600_000,
);
