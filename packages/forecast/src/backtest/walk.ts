import type { Sample } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import type { RunFolder, StoredJob } from '@fin/run';
import { JobStore, runKinds } from '@fin/run';
import { aggregateDay } from '@fin/sentiment';
import type { BaselineForecasts, DaySentiment } from '../baselines/index.js';
import { forecastBaselines } from '../baselines/index.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { SentimentScores } from '../text/sentiment-scores.js';
import { nests } from './ablation.js';
import type { TrainingRecord } from './backtest-events.js';
import type { RunBacktestOptions } from './backtest-options.js';
import type { BacktestResult } from './backtest-result.js';
import type { VariantForecasts } from './compare-variants.js';
import { compareVariants } from './compare-variants.js';
import { farmJobs, howToTrain } from './farm-jobs.js';
import type { FoldForecast, FoldJob } from './fold-job.js';
import { storedFold } from './fold-job.js';
import { formatForecasts } from './forecasts-file.js';
import { formatMarkdown, formatTableCsv } from './format-table.js';
import type { OpenedWalk } from './open-walk.js';
import type { PartTrainings } from './read-parts.js';
import { takeTraining } from './read-parts.js';
import type { BacktestSettings } from './settings.js';
import type { ModelInputs } from './walk-jobs.js';
import { WalkJobs } from './walk-jobs.js';

/** A finished job. */
export interface FinishedJob {
  readonly job: FoldJob;
  readonly result: FoldForecast;
}

/** What a {@link Walk} works with. */
export interface WalkRun {
  readonly run: RunFolder;
  readonly settings: BacktestSettings;
  readonly opened: OpenedWalk;
  readonly inputs: ModelInputs;
}

/** The work of a walk-forward run: its jobs, their results, and the files of the run. */
export class Walk {
  readonly jobs: WalkJobs;
  readonly #run: RunFolder;
  readonly #settings: BacktestSettings;
  readonly #opened: OpenedWalk;
  readonly #options: RunBacktestOptions;
  readonly #store: JobStore<FoldForecast>;
  readonly #inputs: ModelInputs;
  readonly #group: ProcessGroup;

  constructor({ run, settings, opened, inputs }: WalkRun, options: RunBacktestOptions) {
    this.#run = run;
    this.#settings = settings;
    this.#opened = opened;
    this.#inputs = inputs;
    this.#options = options;
    this.#group = options.group ?? singleProcess;
    this.#store = new JobStore(run);
    this.jobs = new WalkJobs(settings, opened.folds, inputs);
  }

  /**
   * Does the jobs that are not done yet, the earliest folds first.
   *
   * @param resumed set when the run is resumed and nothing was told of it yet
   * @param trainings those of the parts that the run is made of, which must have all of these jobs
   * @returns all results, in the order of the jobs
   */
  async run(
    jobs: readonly FoldJob[],
    resumed: { readonly note: string | null } | null,
    trainings?: PartTrainings,
  ): Promise<FinishedJob[]> {
    const { onEvent } = this.#options;
    const results = await this.#store.readAll(
      jobs.map((job) => this.stored(job)),
      (file) =>
        onEvent?.({
          kind: 'note',
          text: `${file} is damaged or of other inputs: this fold is trained again`,
        }),
    );
    const total = jobs.length;
    if (resumed) onEvent?.({ kind: 'resume', done: results.size, total, note: resumed.note });
    const missing = jobs.filter(({ name }) => !results.has(name)).sort((a, b) => a.fold - b.fold);
    if (trainings) await this.#take(missing, results, trainings);
    else if (missing.length > 0) await this.#train(missing, results, total);
    return jobs.map((job) => ({ job, result: results.get(job.name)! }));
  }

  /** Takes results from parts. None is written unless all can be taken. */
  async #take(
    jobs: readonly FoldJob[],
    results: Map<string, FoldForecast>,
    trainings: PartTrainings,
  ): Promise<void> {
    const taken = jobs.map((job) => ({ job, result: takeTraining(trainings, this.stored(job)) }));
    for (const { job, result } of taken) {
      await this.#store.write(this.stored(job), result);
      results.set(job.name, result);
    }
  }

  async #train(
    missing: readonly FoldJob[],
    results: Map<string, FoldForecast>,
    total: number,
  ): Promise<void> {
    const { onEvent, signal } = this.#options;
    await this.#group.broadcastValue(missing.map(({ name }) => name));
    const how = howToTrain(missing.length, this.#opened.environment, this.#options);
    const { workers, threads } = how;
    onEvent?.({ kind: 'workers', workers, threads, ranks: this.#group.worldSize });
    const running = new Map<string, number>();
    const progress = (): void => {
      const share = [...running.values()].reduce((sum, done) => sum + done, 0);
      onEvent?.({ kind: 'progress', done: results.size + share, total });
    };
    const training = {
      ...how,
      signal,
      onProgress: (job: FoldJob, share: number) => {
        running.set(job.name, share);
        progress();
      },
      onResult: async (job: FoldJob, result: FoldForecast) => {
        await this.#store.write(this.stored(job), result);
        running.delete(job.name);
        results.set(job.name, result);
        onEvent?.({ kind: 'fold', done: results.size, total, ...this.#record({ job, result }) });
        progress();
      },
    };
    await farmJobs(missing, training, this.#group);
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

  /** The job as its result is stored. */
  stored(job: FoldJob): StoredJob {
    return storedFold(job, this.#options.market.fingerprint);
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
    const seeds = this.jobs.seeds.map((seed) =>
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
    const scores = this.#inputs.scores.find((known) => known !== null);
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
