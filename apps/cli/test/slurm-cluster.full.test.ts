import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allClose } from '@fin/testkit';
import { hasMpi } from '@fin/testkit/mpi';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runFin } from './run-fin.js';

const hasSlurm = spawnSync('sinfo', ['--noheader']).status === 0;
if (!hasSlurm) {
  console.log(
    'The jobs of fin slurm are not run: there is no Slurm here. tooling/hpc/test-slurm.sh starts one and runs them.',
  );
}

const folder = mkdtempSync(join(tmpdir(), 'fin-cluster-'));
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const slurm = (program: string, ...words: string[]) => execFileSync(program, words, { encoding: 'utf8' });
const field = (job: string, name: string) =>
  new RegExp(` ${name}=(\\S+)`).exec(slurm('scontrol', 'show', 'job', '--oneliner', job))?.[1];
const text = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const forecasts = (run: string) => readFileSync(join(run, 'predictions.csv'), 'utf8');

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (isTrue()) return;
    await sleep(250);
  }
  throw new Error(`after 150 s still not so: ${what}`);
}

/** Submits a training of six epochs. */
async function submitted(options: readonly string[], ...words: string[]): Promise<string> {
  const fin = ['train', '--epochs', '6', ...words];
  const { code, stdout, stderr } = await runFin(
    'slurm',
    '--overwrite',
    '--submit',
    '--json',
    '--cpus',
    '1',
    ...options,
    ...fin,
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout).job;
}

/** Waits for the end of a job, which begins again some seconds after it was put back into the queue. */
async function ended(job: string): Promise<string> {
  await until(`job ${job} has ended`, () => {
    const state = field(job, 'JobState');
    return state !== 'PENDING' && state !== 'RUNNING' && state !== 'COMPLETING';
  });
  return field(job, 'JobState')!;
}

const isTraining = (log: string, epoch = 2) =>
  until(`epoch ${epoch} in ${log}`, () => text(log).includes(`epoch ${epoch}:`));

describe.skipIf(!hasSlurm)('jobs of fin slurm', () => {
  it('an array trains each seed in a run of its own; a preempted task is requeued alone, with the same result', async () => {
    const job = await submitted(['--array', '1-2'], '--seed', '{task}', '--run', 'runs/seed-{task}');
    const tasks = [1, 2].map((task) => `${job}_${task}`);
    for (const task of tasks) {
      await until(`task ${task} is known`, () => spawnSync('scontrol', ['show', 'job', task]).status === 0);
      expect(await ended(task)).toBe('COMPLETED');
    }
    expect(forecasts('runs/seed-1')).not.toBe(forecasts('runs/seed-2'));

    const again = await submitted(['--array', '1-2'], '--seed', '{task}', '--run', 'runs/again-{task}');
    await isTraining(`fin-train-${again}_1.out`);
    slurm('scancel', '--batch', '--signal=TERM', `${again}_1`);
    expect(await ended(`${again}_1`)).toBe('COMPLETED');
    expect(await ended(`${again}_2`)).toBe('COMPLETED');
    expect([1, 2].map((task) => field(`${again}_${task}`, 'Restarts'))).toEqual(['1', '0']);
    expect(text(`fin-train-${again}_1.out`)).toMatch(/stopped by SIGTERM[\s\S]*resuming after update \d+/);
    for (const task of [1, 2]) expect(forecasts(`runs/again-${task}`)).toBe(forecasts(`runs/seed-${task}`));
  }, 600_000);

  it.each([
    ['preempted by Slurm', ['scontrol', 'requeue']],
    ['signalled in its steps, as with a grace time', ['scancel', '--signal=TERM']],
    ['signalled in its script, as before its time ends', ['scancel', '--batch', '--signal=TERM']],
  ])(
    '%s, a job resumes, and its result is that of an uninterrupted run',
    async (_, [program, ...words]) => {
      const run = `runs/${words.join('')}`;
      const job = await submitted([], '--seed', '1', '--run', run);
      const log = `fin-train-${job}.out`;
      await isTraining(log);
      slurm(program, ...words, job);
      await until('the checkpoint is written', () => text(log).includes('stopped by SIGTERM'));
      expect(await ended(job)).toBe('COMPLETED');
      expect(field(job, 'Restarts')).toBe('1');
      expect(text(log)).toMatch(/resuming after update \d+ of/);
      expect(forecasts(run)).toBe(forecasts('runs/seed-1'));
    },
    300_000,
  );

  it('a SIGTERM that comes before srun has started fin is passed on when it has', async () => {
    const { stdout: template } = await runFin('slurm', '--print-template');
    const slow = `launcher=(bash -c 'echo srun comes late; sleep 3; exec srun "$@"' bash)`;
    expect(template).toContain('\nlauncher=(srun)\n');
    writeFileSync(
      'slow.sh',
      template.replace('launcher=(srun)', () => slow),
    );
    const job = await submitted(['--template', 'slow.sh'], '--seed', '1', '--run', 'runs/late');
    const log = `fin-train-${job}.out`;
    await until('the job has begun', () => text(log).includes('srun comes late'));
    slurm('scancel', '--batch', '--signal=TERM', job);
    expect(await ended(job)).toBe('COMPLETED');
    expect(field(job, 'Restarts')).toBe('1');
    expect(forecasts('runs/late')).toBe(forecasts('runs/seed-1'));
  }, 300_000);

  it.runIf(hasMpi)(
    'two tasks train together over MPI, and resume together, with the result of two that were not interrupted',
    async () => {
      vi.stubEnv('SLURM_MPI_TYPE', 'pmix');
      const submit = (run: string) => submitted(['--ntasks', '2'], '--seed', '1', '--run', run);
      const whole = await submit('runs/two');
      const cut = await submit('runs/two-cut');
      vi.unstubAllEnvs();
      const log = `fin-train-${cut}.out`;
      await isTraining(log);
      slurm('scancel', '--batch', '--signal=TERM', cut);
      expect(await ended(cut)).toBe('COMPLETED');
      expect(field(cut, 'Restarts')).toBe('1');
      expect(text(log).match(/^2 ranks over .*MPI/gm)).toHaveLength(2);
      expect(text(log)).toMatch(/stopped by SIGTERM[\s\S]*resuming after update \d+ of/);
      expect(await ended(whole)).toBe('COMPLETED');
      expect(forecasts('runs/two-cut')).toBe(forecasts('runs/two'));
      // Later epochs drift apart: one sum is in another order.
      const firstEpoch = (run: string) => {
        const [line] = readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n');
        const { trainLoss, validationLoss } = JSON.parse(line);
        return [trainLoss, validationLoss];
      };
      allClose(firstEpoch('runs/two'), firstEpoch('runs/seed-1'), { rtol: 1e-6, atol: 1e-6 });
    },
    300_000,
  );

  it('a cancelled job stays cancelled; submitted again, it resumes, and then leaves the finished run alone', async () => {
    const submit = () => submitted([], '--seed', '1', '--run', 'runs/cancelled');
    const first = await submit();
    await isTraining(`fin-train-${first}.out`);
    slurm('scancel', first);
    expect(await ended(first)).toBe('CANCELLED');
    const second = await submit();
    expect(await ended(second)).toBe('COMPLETED');
    expect(text(`fin-train-${second}.out`)).toMatch(/resuming after update \d+ of/);
    expect(forecasts('runs/cancelled')).toBe(forecasts('runs/seed-1'));
    const third = await submit();
    expect(await ended(third)).toBe('COMPLETED');
    expect(text(`fin-train-${third}.out`)).toBe(
      'the run in runs/cancelled is finished: nothing is left to do\n',
    );
  }, 300_000);

  it('a job that must not be requeued ends with 143', async () => {
    const job = await submitted(['--no-requeue'], '--seed', '1', '--run', 'runs/once');
    await isTraining(`fin-train-${job}.out`, 1);
    slurm('scancel', '--batch', '--signal=TERM', job);
    expect(await ended(job)).toBe('FAILED');
    expect(field(job, 'ExitCode')).toBe('143:0');
  }, 300_000);

  const walk = ['backtest', '--from', '2015-06-01', '--refit-every', '40', '--epochs', '2', '--workers', '1'];
  const forecastsOfFolds = (run: string) => readFileSync(join(run, 'forecasts.csv'), 'utf8');

  /** Submits any command. */
  async function submit(...words: string[]): Promise<string> {
    const out = await runFin('slurm', '--overwrite', '--submit', '--json', '--cpus', '1', ...words);
    expect(out.stderr).toBe('');
    return JSON.parse(out.stdout).job;
  }

  it('a walk-forward run resumes after its last finished training', async () => {
    const whole = await submit(...walk, '--run', 'runs/whole');
    expect(await ended(whole)).toBe('COMPLETED');
    const cut = await submit(...walk, '--run', 'runs/cut');
    await until('the second fold is done', () => /^2\/\d+ /m.test(text(`fin-backtest-${cut}.out`)));
    slurm('scontrol', 'requeue', cut);
    expect(await ended(cut)).toBe('COMPLETED');
    expect(text(`fin-backtest-${cut}.out`)).toMatch(/resuming after [1-9]\d* of \d+ trainings/);
    expect(forecastsOfFolds('runs/cut')).toBe(forecastsOfFolds('runs/whole'));
  }, 600_000);

  it('an array trains a walk-forward run in parts, one of which is requeued; a job that waits for all merges them', async () => {
    const parts = await submit('--array', '1-2', ...walk, '--part', '{task}/2', '--run', 'runs/part-{task}');
    const merge = await submit(
      ...['--after', parts, 'merge', 'runs/part-1', 'runs/part-2', '--run', 'runs/merged'],
    );
    expect(field(merge, 'Dependency')).toContain(`afterok:${parts}`);
    await until('the first fold of a part is done', () =>
      /^1\/\d+ /m.test(text(`fin-backtest-${parts}_1.out`)),
    );
    slurm('scontrol', 'requeue', `${parts}_1`);
    expect(await ended(merge)).toBe('COMPLETED');
    for (const task of [1, 2]) expect(await ended(`${parts}_${task}`)).toBe('COMPLETED');
    expect(text(`fin-backtest-${parts}_1.out`)).toMatch(/resuming after [1-9]\d* of \d+ trainings/);
    expect(forecastsOfFolds('runs/merged')).toBe(forecastsOfFolds('runs/whole'));
  }, 600_000);
});
