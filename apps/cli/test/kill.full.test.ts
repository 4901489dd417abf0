import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { RunFolder } from '@fin/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const KILLS = 50;
const script = fileURLToPath(new URL('./killed-at-call.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fin-kill-'));
const inFolder = (name: string) => join(folder, name);

beforeAll(async () => {
  const market = inFolder('market');
  await writeKaggleFiles(syntheticMarket({ start: '2013-11-01', days: 330, headlinesPerDay: 1 }), market);
  const trained = await runFin('train', '--data', market, '--run', inFolder('trained'), '--epochs', '1');
  expect(trained.code).toBe(0);
  cpSync(inFolder('trained'), inFolder('evaluated'), { recursive: true });
  expect((await runFin('evaluate', '--run', inFolder('evaluated'))).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `fin` and kills it at a moment of its writing, or after a time. */
async function killed(
  at: number,
  afterMs: number | null,
  run: string,
  args: readonly string[],
): Promise<string> {
  const child = spawn(process.execPath, [script, String(at), run, ...args]);
  const timer = afterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return stderr;
}

/** Contents of a run's files that no later command may change. */
function contents(run: string): Map<string, string> {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name).slice(run.length + 1))
      .filter((path) => !/^(evaluation|manifest)\.json$|^report\/|^\./.test(path))
      .map((path) => [path, readFileSync(join(run, path), 'base64')]),
  );
}

describe.skipIf(process.platform === 'win32')(`a finished run after ${KILLS} kills`, () => {
  it.each([
    ['evaluate', 'trained'],
    ['evaluate', 'evaluated'],
    ['report', 'evaluated'],
  ])(
    'of fin %s is whole (from: %s)',
    async (command, from) => {
      const pristine = contents(inFolder(from));
      const run = inFolder('run');
      const fresh = () => {
        rmSync(run, { recursive: true, force: true });
        cpSync(inFolder(from), run, { recursive: true });
      };
      fresh();
      const started = performance.now();
      const moments = Number(/moments (\d+)/.exec(await killed(0, null, run, [command, '--run', run]))?.[1]);
      const duration = performance.now() - started;
      expect(moments).toBeGreaterThan(3);
      for (let i = 1; i <= KILLS; i++) {
        if (i % 5 !== 0) fresh(); // every fifth kill hits a run that was hit before
        const at = i <= moments ? i : -1;
        await killed(at, at > 0 ? null : duration * (0.4 + (0.6 * i) / KILLS), run, [command, '--run', run]);
        await (await RunFolder.open(run)).close();
        expect(contents(run)).toEqual(pristine);
      }
      for (const again of ['evaluate', 'report']) {
        const { code, stderr } = await runFin(again, '--run', run);
        expect(stderr).toBe('');
        expect(code).toBe(0);
      }
    },
    30 * 60_000,
  );
});
