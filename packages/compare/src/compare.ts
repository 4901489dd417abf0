import { existsSync } from 'node:fs';
import type { ProfileSummary } from '@fin/profiler';
import type { RunContext, RunFolder, StoredJob } from '@fin/run';
import { CHECKPOINTS, JobStore, runKinds, withRun } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import { profiledOn } from '@fin/train';
import type { CompareOptions, CompareResult } from './compare-options.js';
import { writeRandomEncoder } from './encoder/random-encoder.js';
import type { MeasureContext, Task } from './measure/measure.js';
import { measure, planProfiles, planTasks, profileTask } from './measure/measure.js';
import type { OpenedComparison } from './open-comparison.js';
import { openComparison } from './open-comparison.js';
import { formatComparison, formatComparisonCsv } from './results/format-table.js';
import type { Measurement } from './results/measurement.js';
import { profileFile } from './results/profiles.js';
import { summarizeComparison } from './results/results.js';
import type { ComparisonSettings } from './settings.js';
import { comparisonSettingsSchema, isCostOnly, resolveComparison } from './settings.js';

/** Version of the measuring code. Stored measurements of another version are made again. */
const VERSION = 2;

/** Trained weights of the running measurement. The leading dot marks a temporary file. */
const WEIGHTS = `${CHECKPOINTS}/.weights`;

/** Encoder with random weights, as long as the run is unfinished. */
const ENCODER = `${CHECKPOINTS}/encoder`;

/**
 * Measures variants of training one encoder: all weights or LoRA adapters, in float32 or under AMP.
 *
 * ```
 * data, model ── rounds: seeds × repeats ── jobs ── variants ──┬── fresh process: train ── saved weights, cost, scores
 *                                                              └── fresh processes: load, time inference, merged and not
 *                measurements ── pairs by seed and repeat ── differences with intervals ── run folder
 * jobs ── baseline and optimized variant ── fresh process: some updates are profiled (native TensorFlow) ──┘
 * ```
 *
 * All variants get the same data, splits, seeds, batches and number of updates. Call `loadTensorFlow` first. An interrupted run keeps
 * its finished measurements and can be resumed.
 *
 * @returns the result; null when the signal stopped it, or the run lacked only its manifest
 * @throws {MeasurementError} when a measurement fails, naming it
 * @throws {ComparisonInputError} naming a setting or input that cannot be used
 * @throws {RunInputError} of `@fin/run` when the folder cannot be used, or a run cannot be resumed with these options
 * @example
 * const bank = await loadSentences('Sentences_50Agree.txt');
 * const { delta } = await compare({ bank, modelDir: 'all-MiniLM-L6-v2', runDir: 'runs/comparison' });
 */
export async function compare(options: CompareOptions): Promise<CompareResult | null> {
  const started = performance.now();
  const { runDir, overwrite, resume, signal, onEvent, bank, market } = options;
  const result = await withRun(
    {
      dir: runDir,
      kind: 'comparison',
      overwrite,
      resume,
      settings: options.settings,
      resolve: () =>
        resolveComparison({
          jobs: [...(bank ? (['sentiment'] as const) : []), ...(market ? (['forecast'] as const) : [])],
          ...options.settings,
        }),
      schema: comparisonSettingsSchema,
      open: (settings, begun) => openComparison(settings, options, begun),
      onRepaired: () => onEvent?.({ kind: 'repaired' }),
      signal,
    },
    (context) => runComparison(context, options),
  );
  return result && { ...result, seconds: (performance.now() - started) / 1000 };
}

async function runComparison(
  { run, settings, opened, resumed }: RunContext<ComparisonSettings, OpenedComparison>,
  { runDir, signal, onEvent }: CompareOptions,
): Promise<Omit<CompareResult, 'seconds'>> {
  const { environment, encoder } = opened;
  onEvent?.({ kind: 'precision', ...environment.precision });
  const store = new JobStore<Measurement>(run);
  const profileStore = new JobStore<ProfileSummary>(run);
  const tasks = planTasks(settings);
  const profiles = environment.backend === 'tensorflow' ? planProfiles(settings) : [];
  const total = tasks.length + profiles.length;
  const stored = (task: Task): StoredJob => ({
    name: task.name,
    inputs: [VERSION, opened.data.fingerprint, opened.modelDigest, settings, task],
  });
  const damaged = (file: string) =>
    onEvent?.({ kind: 'note', text: `${file} is damaged or of other inputs: it is measured again` });
  const done = await store.readAll(tasks.map(stored), damaged);
  const profiled = await profileStore.readAll(profiles.map(stored), damaged);
  const finished = () => done.size + profiled.size;
  if (resumed) onEvent?.({ kind: 'resume', done: finished(), total, note: resumed.note });
  const model = opened.model ?? (await randomEncoder(run, settings, opened));
  const context: MeasureContext = {
    settings,
    sentences: opened.sentences,
    days: opened.days,
    model,
    checkpoint: run.path(WEIGHTS),
    start: { backend: environment.backend as BackendName, fusedOps: environment.fusedOps },
    signal,
    onProgress: (share) => onEvent?.({ kind: 'progress', done: finished() + share, total }),
  };
  for (const task of tasks) {
    if (done.has(task.name)) continue;
    signal?.throwIfAborted();
    const measurement = await measure(task, context);
    await store.write(stored(task), measurement);
    done.set(task.name, measurement);
    onEvent?.({ kind: 'measurement', done: finished(), total, measurement });
  }
  for (const task of profiles) {
    if (profiled.has(task.name)) continue;
    signal?.throwIfAborted();
    const summary = await profileTask(task, { ...profiledOn(environment), encoder }, context);
    await profileStore.write(stored(task), summary);
    profiled.set(task.name, summary);
    onEvent?.({ kind: 'profile', done: finished(), total, job: task.job, variant: task.variant });
  }
  const measurements = tasks.map(({ name }) => done.get(name)!);
  const results = summarizeComparison(settings, { encoder, costOnly: isCostOnly(settings) }, measurements);
  const { files } = runKinds.comparison;
  await run.writeText(files.measurements, measurements.map((one) => `${JSON.stringify(one)}\n`).join(''));
  for (const { name, job, variant } of profiles) {
    await run.writeJson(profileFile(job, variant), profiled.get(name)!);
  }
  await run.writeText(files.table, formatComparison(results));
  await run.writeText(files.tableCsv, formatComparisonCsv(results));
  await run.writeJson(files.results, results);
  return { run: runDir, ...results };
}

async function randomEncoder(
  run: RunFolder,
  { randomEncoder: name }: ComparisonSettings,
  { sentences, days }: OpenedComparison,
): Promise<string> {
  const dir = run.path(ENCODER);
  if (existsSync(dir)) return dir;
  const texts = [
    ...(sentences?.train ?? []).map(({ text }) => text),
    ...(days?.train ?? []).flatMap(({ headlines }) => headlines.map(({ text }) => text)),
  ];
  await writeRandomEncoder(name!, texts, dir);
  return dir;
}
