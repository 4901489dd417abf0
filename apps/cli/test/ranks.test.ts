import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { allClose, fullTier } from '@fin/testkit';
import { hasMpi, PERMISSIONS, runRanks } from '@fin/testkit/mpi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processOf } from './process-of-rank.js';
import { runFin } from './run-fin.js';
import { writeTinyBank, writeTinyBert } from './tiny-bert.js';

const FIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
/** Each rank loads TensorFlow, which takes long on a busy machine. */
const TIMEOUT = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'fin-ranks-'));
const inFolder = (name: string) => join(folder, name);
const bank = inFolder('bank.txt');
const encoder = inFolder('encoder');
const largerEncoder = inFolder('larger-encoder');
const market = inFolder('market');
const tuning = ['finetune', '--data', bank, '--epochs', '2', '--batch-size', '8'];
const training = [
  'train',
  '--data',
  market,
  '--epochs',
  '3',
  '--layers',
  '2',
  '--lstm-dropout',
  '0.2',
  '--accumulate',
  '2',
];

beforeAll(async () => {
  writeTinyBank(bank);
  await writeTinyBert(encoder, ['LABEL_0', 'LABEL_1']);
  if (!fullTier) return;
  await writeKaggleFiles(syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 }), market);
  const sizes = { hiddenSize: 64, numHiddenLayers: 2, intermediateSize: 128 };
  await writeTinyBert(largerEncoder, ['LABEL_0', 'LABEL_1'], sizes);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The losses of each epoch, and their positions. */
const losses = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const { epoch, step, trainLoss, validationLoss } = JSON.parse(line);
      return [epoch, step, trainLoss, validationLoss];
    });

const expectSameRun = (run: string, other: string, tolerance = 1e-6) => {
  allClose(losses(run), losses(other), { rtol: tolerance, atol: tolerance });
  expect(readdirSync(run).sort()).toEqual(readdirSync(other).sort());
};

describe.runIf(hasMpi)('several ranks', { timeout: TIMEOUT }, () => {
  it('fine-tune as one process does; rank 0 alone prints and writes', async () => {
    const [alone, together] = ['tuned-alone', 'tuned-together'].map(inFolder);
    const words = [...tuning, '--model', encoder];
    expect((await runFin(...words, '--run', alone)).code).toBe(0);
    const { code, stdout, stderr } = await runRanks(2, [FIN, ...words, '--run', together, '--json']);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: together });
    expect(stderr).toMatch(/^2 ranks over .*MPI/m);
    expect(stderr.match(/^epoch 1:/gm)).toHaveLength(1);
    expectSameRun(together, alone);
  });

  it.runIf(fullTier).each([
    ['with 4-bit frozen weights', ['--storage', 'nf4'], 1e-6],
    ['with 8-bit frozen weights', ['--storage', 'int8'], 1e-6],
    ['above cached layers', ['--layers-to-transform', '1', '--cache-frozen-layers'], 1e-6],
    ['in float16, with a gradient scaler', ['--precision', 'fp16'], 1e-6],
    // Another order of a sum can move a moment to the next of its 256 codes.
    ['with 8-bit AdamW', ['--method', 'full', '--optimizer', 'adamw8bit'], 1e-4],
  ])('fine-tune %s as one process does', async (what, options, tolerance) => {
    const [alone, together] = ['alone', 'together'].map((who) => inFolder(`${what}, ${who}`));
    const words = [...tuning, '--model', largerEncoder, '--learning-rate', '0.01', ...options];
    const one = await runFin(...words, '--run', alone);
    expect(one.code, one.stderr).toBe(0);
    const two = await runRanks(2, [FIN, ...words, '--run', together]);
    expect(two.code, two.stderr).toBe(0);
    expectSameRun(together, alone, tolerance);
  });

  it('say once, on rank 0, what is wrong with the command line', async () => {
    const { code, stderr } = await runRanks(2, [FIN, 'evaluate', '--run', 'nowhere']);
    expect(code).not.toBe(0);
    expect(
      stderr.match(/evaluate runs as one process, and mpirun started 2: leave mpirun out/g),
    ).toHaveLength(1);
  });

  it.runIf(fullTier)(
    'train a forecaster as one process does, and go on as one when a rank is killed',
    async () => {
      const [alone, together, killed] = ['alone', 'together', 'killed'].map(inFolder);
      expect((await runFin(...training, '--run', alone)).code).toBe(0);
      const { code, stderr } = await runRanks(3, [FIN, ...training, '--run', together]);
      expect(code, stderr).toBe(0);
      expectSameRun(together, alone);

      const said = await killRank(1, 'epoch 1:', [...training, '--run', killed]);
      expect(said).toMatch(/fin: rank 1 \(process \d+ on .+\) is lost: it was killed/);
      expect(said).toContain(`resume with: fin train --run ${killed} --resume`);
      const resumed = await runRanks(2, [FIN, 'train', '--run', killed, '--resume']);
      expect(resumed.code, resumed.stderr).toBe(0);
      expectSameRun(killed, alone);
    },
  );
});

/** Starts three ranks and kills one of them when rank 0 says something. @returns what they wrote to stderr */
async function killRank(rank: number, moment: string, args: readonly string[]): Promise<string> {
  const ranks = spawn('mpirun', ['-n', '3', process.execPath, FIN, ...args], {
    env: { ...process.env, ...PERMISSIONS },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  let done = false;
  ranks.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (done || !stderr.includes(moment)) return;
    done = true;
    process.kill(processOf(rank, ranks.pid!)!, 'SIGKILL');
  });
  await new Promise((resolve) => ranks.once('close', resolve));
  return stderr;
}
