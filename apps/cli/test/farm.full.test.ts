import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { RunFolder } from '@fin/run';
import { hasMpi, PERMISSIONS, runRanks } from '@fin/testkit/mpi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processOf } from './process-of-rank.js';
import { runFin } from './run-fin.js';

const FIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
/** Each rank loads TensorFlow, which takes long on a busy machine. */
const TIMEOUT = 600_000;
const KILLS = 20;
/** Of the backtest: four folds with two seeds. */
const TRAININGS = 8;

const folder = mkdtempSync(join(tmpdir(), 'fin-farm-'));
const inFolder = (name: string) => join(folder, name);
const market = inFolder('market');
const grid = inFolder('grid.yaml');
const walk = [
  ...['--data', market, '--epochs', '1', '--validation-days', '40', '--prices-only', '--workers', '1'],
  ...['--from', '2014-10-01', '--to', '2014-12-31', '--refit-every', '16'],
];
const backtest = ['backtest', ...walk, '--seeds', '2'];
const sweep = ['sweep', grid, ...walk];
/** Of all processes, since another number of threads may change last digits. */
const threads = { TF_NUM_INTRAOP_THREADS: '1', OMP_NUM_THREADS: '1' };

beforeAll(async () => {
  await writeKaggleFiles(syntheticMarket({ start: '2014-03-01', days: 260, headlinesPerDay: 1 }), market);
  writeFileSync(grid, 'learningRate: [0.001, 0.1]\nwindow: [5, 10]\n');
  alone('backtest-alone', backtest);
  alone('sweep-alone', sweep);
}, TIMEOUT);
afterAll(() => rmSync(folder, { recursive: true }));

function alone(name: string, args: readonly string[]): void {
  const env = { ...process.env, ...threads };
  const { status, stderr } = spawnSync(process.execPath, [FIN, ...args, '--run', inFolder(name)], {
    env,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
}

/** Contents of a run's files that depend on neither its id nor its duration. */
function contents(run: string): Record<string, string> {
  const names = readdirSync(run).filter((name) => name !== 'run.json' && name !== 'manifest.json');
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(run, name), 'utf8').replace(/"seconds": [\d.e-]+/g, '')]),
  );
}

const ranks = (count: number, ...args: string[]) => runRanks(count, [FIN, ...args], { env: threads });
const trainings = (run: string) => {
  const dir = join(run, 'checkpoints');
  return existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.json')) : [];
};

describe.runIf(hasMpi)('fin backtest and fin sweep by several ranks', { timeout: TIMEOUT }, () => {
  it.each([
    ['backtest', backtest],
    ['sweep', sweep],
  ])('%s writes the bytes of one process; rank 0 alone prints', async (name, args) => {
    const run = inFolder(`${name}-together`);
    const { code, stdout, stderr } = await ranks(2, ...args, '--run', run, '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run });
    expect(stderr).toMatch(/^2 ranks over .*MPI/m);
    expect(stderr.match(/^1 process with 1 thread each, on rank 0$/gm)).toHaveLength(
      name === 'sweep' ? 2 : 1,
    );
    expect(contents(run)).toEqual(contents(inFolder(`${name}-alone`)));
  });

  it('parts that several ranks trained are merged by several ranks to the bytes of one process', async () => {
    const parts = [1, 2].map((index) => inFolder(`part-of-ranks-${index}`));
    for (const [i, run] of parts.entries()) {
      const { code, stdout, stderr } = await ranks(
        2,
        ...backtest,
        ...['--part', `${i + 1}/2`, '--run', run, '--json'],
      );
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ run, part: { index: i + 1, count: 2 }, trainings: 4 });
      expect(stderr).toMatch(/^2 ranks over .*MPI/m);
    }
    const merged = inFolder('merged-by-ranks');
    const { code, stderr } = await ranks(2, 'merge', ...parts, '--run', merged);
    expect(code, stderr).toBe(0);
    expect(contents(merged)).toEqual(contents(inFolder('backtest-alone')));
  });

  it('a rank whose data differ ends all, and is named', async () => {
    const other = inFolder('other');
    await writeKaggleFiles(syntheticMarket({ start: '2014-03-01', days: 261, headlinesPerDay: 1 }), other);
    const run = inFolder('different');
    const script = `exec "$0" "$1" backtest --run '${run}' --from 2014-11-01 --prices-only --data $([ "$OMPI_COMM_WORLD_RANK$PMI_RANK" = 1 ] && echo '${other}' || echo '${market}')`;
    const env = { ...process.env, ...PERMISSIONS };
    const { status, stderr } = spawnSync('mpirun', ['-n', '2', 'sh', '-c', script, process.execPath, FIN], {
      env,
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/data\.fingerprint is "\w+" on rank 0 and "\w+" on rank 1/);
    expect(existsSync(run)).toBe(false);
  });

  it(
    `loses no finished training in ${KILLS} runs of which a rank is killed, and goes on with other numbers of ranks`,
    async () => {
      let kept = 0;
      for (let i = 0; i < KILLS; i++) {
        const run = inFolder(`killed-${i}`);
        const victim = i % 2;
        const stderr = await killed(victim, 1 + (i % 5), (i * 37) % 300, [...backtest, '--run', run]);
        const before = trainings(run);
        if (!existsSync(join(run, 'manifest.json'))) {
          // Once all is trained, rank 0 makes the table, and the launcher ends it before it can say anything.
          const loss =
            before.length < TRAININGS ? /rank 1 \(process \d+ on .+\) is lost: it was killed/ : /rank 1/;
          if (victim === 1) expect(stderr).toMatch(loss);
          const said = new Set(
            stderr.match(/^\d+\/\d+ .*fold \d+, seed \d+/gm)?.map((line) => line.replace(/^\S+ /, '')),
          );
          expect(before.length).toBeGreaterThanOrEqual(said.size);
          kept += before.length;
          const again = await ranks(1 + (i % 3), 'backtest', '--run', run, '--resume');
          expect(again.code, again.stderr).toBe(0);
          expect(again.stderr).toContain(`resuming after ${before.length} of`);
        }
        expect(contents(run)).toEqual(contents(inFolder('backtest-alone')));
        await (await RunFolder.open(run, 'backtest')).close();
      }
      expect(kept).toBeGreaterThan(KILLS);
    },
    3 * TIMEOUT,
  );
});

describe('parts', { timeout: TIMEOUT }, () => {
  it.each([
    ['backtest', backtest],
    ['sweep', sweep],
  ])('of a %s: killed with kill -9, resumed, and merged to the bytes of one process', async (name, args) => {
    const parts = [1, 2, 3].map((index) => inFolder(`${name}-part-${index}`));
    for (const [i, run] of parts.entries()) {
      const child = spawn(process.execPath, [FIN, ...args, '--part', `${i + 1}/3`, '--run', run], {
        env: { ...process.env, ...threads },
        stdio: 'ignore',
      });
      const closed = new Promise((resolve) => child.once('close', resolve));
      while (i === 0 && trainings(run).length === 0 && child.exitCode === null) await sleep(10);
      if (i === 0) child.kill('SIGKILL');
      await closed;
    }
    const refused = await runFin('merge', ...parts, '--run', inFolder(`${name}-merged`));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${parts[0]} holds a run that was never finished: resume it`);
    const resumed = await runFin(name, '--run', parts[0], '--resume', '--json');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ of: name, part: { index: 1, count: 3 } });
    const merged = await runFin('merge', ...parts, '--workers', '2', '--run', inFolder(`${name}-merged`));
    expect(merged.code, merged.stderr).toBe(0);
    expect(contents(inFolder(`${name}-merged`))).toEqual(contents(inFolder(`${name}-alone`)));
  });
});

/** Starts two ranks and kills one of them some time after a number of trainings was finished. @returns what they wrote to stderr */
async function killed(rank: number, after: number, ms: number, args: readonly string[]): Promise<string> {
  const launched = spawn('mpirun', ['-n', '2', process.execPath, FIN, ...args], {
    env: { ...process.env, ...PERMISSIONS, ...threads },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  launched.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = new Promise((resolve) => launched.once('close', resolve));
  const run = args.at(-1)!;
  while (trainings(run).length < after && launched.exitCode === null) await sleep(5);
  await sleep(ms);
  const victim = launched.exitCode === null ? processOf(rank, launched.pid!) : null;
  if (victim !== null) process.kill(victim, 'SIGKILL');
  await closed;
  return stderr;
}
