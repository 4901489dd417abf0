import { availableParallelism } from 'node:os';
import type { Sample } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import type { RunFolder, StoredJob } from '@fin/run';
import { JobStore, runKinds, withRun } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import { aggregateDay, modelOfRun, tunableFingerprint } from '@fin/sentiment';
import type { BaselineForecasts, DaySentiment } from '../baselines/index.js';
import { forecastBaselines } from '../baselines/index.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { SentimentScores } from '../text/sentiment-scores.js';
import { scoreHeadlines } from '../text/sentiment-scores.js';
import { nests } from './ablation.js';
import type { TrainingRecord } from './backtest-events.js';
import type { BacktestResult, RunBacktestOptions } from './backtest-options.js';
import type { VariantForecasts } from './compare-variants.js';
import { compareVariants } from './compare-variants.js';
import type { FoldForecast, FoldJob, FoldJobPart } from './fold-job.js';
import { foldJob, storedFold } from './fold-job.js';
import { formatForecasts } from './forecasts-file.js';
import { formatMarkdown, formatTableCsv } from './format-table.js';
import type { OpenedWalk } from './open-walk.js';
import { openWalk } from './open-walk.js';
import type { BacktestSettings } from './settings.js';
import { backtestSettingsSchema, resolveBacktestSettings, variantSettings } from './settings.js';
import { runJobs } from './worker-pool.js';

/** A finished job. */
export interface FinishedJob {
  readonly job: FoldJob;
  readonly result: FoldForecast;
}

/** What a walk-forward run works with, once its folder is there. */
export interface WalkContext {
  readonly run: RunFolder;
  readonly walk: Walk;
  /** Indices of the variants. */
  readonly variants: readonly number[];
  /** Set when the run is resumed, with the differences in its environment. */
  readonly resumed: { readonly note: string | null } | null;
  /** When the call began, as `performance.now` tells it. */
  readonly started: number;
}

/**
 * Creates or resumes a walk-forward run, scores its headlines, and does the work.
 *
 * @returns the result of `work`; null when the signal stopped it, or the run lacked only its manifest
 */
export function withWalk<Result>(
  kind: 'backtest' | 'sweep',
  options: RunBacktestOptions,
  work: (context: WalkContext) => Promise<Result>,
): Promise<Result | null> {
  const started = performance.now();
  const { runDir, overwrite, resume, signal, onEvent } = options;
  return withRun(
    {
      dir: runDir,
      kind,
      overwrite,
      resume,
      settings: options.settings,
      resolve: () => resolveBacktestSettings(options.settings),
      schema: backtestSettingsSchema,
      open: async (settings) => openWalk(settings, options),
      onRepaired: () => onEvent?.({ kind: 'repaired' }),
      signal,
    },
    async ({ run, settings, opened, resumed }) => {
      const walk = new Walk(run, settings, opened, options);
      await walk.prepare();
      const variants = settings.variants.map((_, variant) => variant);
      return work({ run, walk, variants, resumed, started });
    },
  );
}

/** The work of a walk-forward run: its jobs, their results, and the files of the run. */
export class Walk {
  readonly #run: RunFolder;
  readonly #settings: BacktestSettings;
  readonly #opened: OpenedWalk;
  readonly #options: RunBacktestOptions;
  readonly #store: JobStore<FoldForecast>;
  /** Scores of each variant. */
  #scores: (SentimentScores | null)[] = [];
  /** sha256 of the model that each variant trains jointly. */
  #pretrained: (string | null)[] = [];

  constructor(run: RunFolder, settings: BacktestSettings, opened: OpenedWalk, options: RunBacktestOptions) {
    this.#run = run;
    this.#settings = settings;
    this.#opened = opened;
    this.#options = options;
    this.#store = new JobStore(run);
    options.onEvent?.({ kind: 'precision', ...opened.environment.precision });
  }

  /** Scores the headlines with every frozen sentiment model, and reads the digests of those to be trained, each once. */
  async prepare(): Promise<void> {
    const { signal, onEvent } = this.#options;
    const known = new Map<string, SentimentScores | null>();
    const digests = new Map<string, string>();
    for (const [i, variant] of this.#settings.variants.entries()) {
      const settings = variantSettings(this.#settings, variant);
      const key = JSON.stringify([settings.text === 'scored' && settings.model, settings.precision]);
      if (!known.has(key)) {
        const scores = await scoreHeadlines(allDays(this.#opened.folds[i]), settings, {
          signal,
          onProgress: (done, total) => onEvent?.({ kind: 'scoring', done, total }),
        });
        known.set(key, scores);
      }
      this.#scores.push(known.get(key)!);
      const { text, model } = settings;
      if (text === 'joint' && !digests.has(model!)) {
        digests.set(model!, await tunableFingerprint(modelOfRun(model!)));
      }
      this.#pretrained.push(text === 'joint' ? digests.get(model!)! : null);
    }
  }

  /** The trainings of one variant: all folds with all seeds. */
  jobs(variant: number): FoldJob[] {
    return this.#opened.folds[variant].flatMap((fold) =>
      this.#seeds().map((seed) => foldJob('test', fold, this.#part(variant, seed))),
    );
  }

  /** Trainings of one variant on the first fold, without its test days. */
  selectionJobs(variant: number): FoldJob[] {
    const [fold] = this.#opened.folds[variant];
    return this.#seeds().map((seed) =>
      foldJob('selection', { ...fold, test: [] }, this.#part(variant, seed)),
    );
  }

  /** Does the jobs that are not done yet, the earliest folds first. @returns all results, in the order of the jobs */
  async run(
    jobs: readonly FoldJob[],
    resumed: { readonly note: string | null } | null,
  ): Promise<FinishedJob[]> {
    const { onEvent, signal } = this.#options;
    const results = await this.#store.readAll(
      jobs.map((job) => this.#stored(job)),
      (file) =>
        onEvent?.({
          kind: 'note',
          text: `${file} is damaged or of other inputs: this fold is trained again`,
        }),
    );
    const total = jobs.length;
    if (resumed) onEvent?.({ kind: 'resume', done: results.size, total, note: resumed.note });
    const missing = jobs.filter(({ name }) => !results.has(name)).sort((a, b) => a.fold - b.fold);
    const { backend, fusedOps } = this.#opened.environment;
    const processors = availableParallelism();
    const workers = Math.min(this.#options.workers ?? processors, missing.length);
    const threads = Math.max(1, Math.floor(processors / Math.max(1, workers)));
    if (workers > 0) onEvent?.({ kind: 'workers', workers, threads });
    const running = new Map<string, number>();
    const progress = (): void => {
      const share = [...running.values()].reduce((sum, done) => sum + done, 0);
      onEvent?.({ kind: 'progress', done: results.size + share, total });
    };
    await runJobs(missing, {
      workers,
      threads,
      backend: backend as BackendName,
      fusedOps,
      signal,
      onProgress: (job, share) => {
        running.set(job.name, share);
        progress();
      },
      onResult: async (job, result) => {
        await this.#store.write(this.#stored(job), result);
        running.delete(job.name);
        results.set(job.name, result);
        onEvent?.({ kind: 'fold', done: results.size, total, ...this.#record({ job, result }) });
        progress();
      },
    });
    return jobs.map((job) => ({ job, result: results.get(job.name)! }));
  }

  /** Compares the forecasts of these variants, and writes the files of the run. @param started when the call began */
  async finish(
    variants: readonly number[],
    finished: readonly FinishedJob[],
    started: number,
  ): Promise<BacktestResult> {
    const { market, runDir } = this.#options;
    const folds = this.#opened.folds[variants[0]];
    const forecasts = variants.map((variant) => this.#forecastsOf(variant, finished));
    const baselines = this.#baselines(variants[0]);
    const table = compareVariants(forecasts, joinBaselines(baselines), {
      folds: folds.length,
      trainingCloses: Float64Array.from(folds[0].train, ({ lastClose }) => lastClose),
    });
    const [first, last] = [folds[0].test[0].targetDate, folds.at(-1)!.test.at(-1)!.targetDate];
    const files = runKinds.backtest.files;
    const records = finished.map((job) => this.#record(job));
    await this.#run.writeJson(files.folds, {
      ...(this.#opened.data as { readonly folds?: unknown }),
      trainings: records,
    });
    const trained = finished.map(({ job, result }) => ({
      model: this.#nameOf(job.variant, result),
      fold: job.fold,
      seed: job.settings.seed,
      predictions: result.predictions,
    }));
    await this.#run.writeText(files.forecasts, formatForecasts(trained, baselines));
    const title = `${market.name}, ${first} … ${last}: ${folds.length} folds`;
    await this.#run.writeText(files.table, formatMarkdown(title, table));
    await this.#run.writeText(files.tableCsv, formatTableCsv(table.rows));
    const result: BacktestResult = {
      run: runDir,
      market: market.name,
      synthetic: market.synthetic,
      folds: folds.length,
      first,
      last,
      seconds: (performance.now() - started) / 1000,
      ...table,
    };
    const { run: _, seconds: __, ...stored } = result;
    await this.#run.writeJson(files.results, stored);
    return result;
  }

  /** Name of a variant's row. */
  name(variant: number, finished: readonly FinishedJob[]): string {
    return this.#nameOf(variant, finished.find(({ job }) => job.variant === variant)!.result);
  }

  #stored(job: FoldJob): StoredJob {
    return storedFold(job, this.#options.market.fingerprint);
  }

  #seeds(): number[] {
    return Array.from({ length: this.#settings.seeds }, (_, seed) => seed);
  }

  #part(variant: number, seed: number): FoldJobPart {
    const settings = variantSettings(this.#settings, this.#settings.variants[variant], seed);
    const [scores, pretrained] = [this.#scores[variant], this.#pretrained[variant]];
    return { variant, seed, settings, scores, pretrained };
  }

  #nameOf(variant: number, { model }: FoldForecast): string {
    return this.#settings.variants[variant].name ?? model;
  }

  #record({ job, result }: FinishedJob): TrainingRecord {
    const { trainableParameters, epochs, bestEpoch, validationLoss, seconds } = result;
    return {
      model: this.#nameOf(job.variant, result),
      fold: job.fold,
      seed: job.settings.seed,
      trainableParameters,
      epochs,
      bestEpoch,
      validationLoss,
      seconds,
    };
  }

  #forecastsOf(variant: number, finished: readonly FinishedJob[]): VariantForecasts {
    const own = finished.filter(({ job }) => job.variant === variant);
    const seeds = this.#seeds().map((seed) =>
      own
        .filter(({ job }) => job.seed === seed)
        .flatMap(({ result }) => result.predictions.filter(({ split }) => split === 'test')),
    );
    const settings = trainedSettings(own);
    const contains = this.#settings.variants.flatMap((_, other) => {
      const others = finished.filter(({ job }) => job.variant === other);
      const isContained = others.length > 0 && nests(settings, trainedSettings(others));
      return isContained ? [this.#nameOf(other, others[0].result)] : [];
    });
    return { model: this.#nameOf(variant, own[0].result), seeds, contains };
  }

  /** Forecasts of the baselines, fitted anew on each fold's training days. */
  #baselines(variant: number): BaselineForecasts[][] {
    const scores = this.#scores.find((known) => known !== null);
    return this.#opened.folds[variant].map((fold) => {
      const days = [...fold.train, ...fold.validation, ...fold.test];
      return forecastBaselines(fold, scores ? { sentiment: sentimentOf(days, scores) } : {});
    });
  }
}

const trainedSettings = ([{ job }]: readonly FinishedJob[]): ForecasterSettings => job.settings;

/** Mean class probabilities of each day's headlines. */
function sentimentOf(days: readonly Sample[], { scores }: SentimentScores): Map<string, DaySentiment | null> {
  return new Map(
    days.map(({ decisionDate, headlines }) => {
      if (headlines.length === 0) return [decisionDate, null];
      const mean = aggregateDay(headlines.map(({ rank, text }) => ({ rank, sentiment: scores.get(text)! })));
      const [positive, negative, neutral] = sentimentLabels.map((label) => mean[label]);
      return [decisionDate, [positive, negative, neutral]];
    }),
  );
}

/** Joins the forecasts of all folds, baseline by baseline. */
function joinBaselines(folds: readonly (readonly BaselineForecasts[])[]): BaselineForecasts[] {
  return folds[0].map(({ model }, i) => ({
    model,
    validation: [],
    test: folds.flatMap((fold) => fold[i].test),
  }));
}

function allDays(
  folds: readonly { readonly train: Sample[]; readonly validation: Sample[]; readonly test: Sample[] }[],
): Sample[] {
  return folds.flatMap(({ train, validation, test }) => [...train, ...validation, ...test]);
}
