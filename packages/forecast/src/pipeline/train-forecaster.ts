import { GradScaler } from '@fin/amp';
import type { Market, Sample, Split } from '@fin/data';
import { makeSamples, splitChronologically } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import type { FitEvent, FitResult } from '@fin/train';
import { AdamW, decayGroups, fit, linearSchedule, RunFolder, saveWeights } from '@fin/train';
import { huberLoss, huberLossOf } from '../model/huber-loss.js';
import type { ForecasterOptions, ForecasterSettings } from '../model/settings.js';
import { resolveSettings } from '../model/settings.js';
import type { PrecisionRecord } from '../precision/describe-precision.js';
import { discardRun } from '../run/discard-run.js';
import { splitNames } from '../run/prediction.js';
import { formatPredictions } from '../run/predictions-csv.js';
import type { RunData, SplitSummary } from '../run/run-data.js';
import { runFiles } from '../run/run-files.js';
import { newTextSource } from '../text/new-text-source.js';
import type { TextRecord } from '../text/text-record.js';
import { describeEnvironment } from './describe-environment.js';
import { Forecaster } from './forecaster.js';
import { makePredictions } from './make-predictions.js';
import { trainingData } from './training-data.js';

/** Share of the steps over which the learning rate rises. */
const WARMUP_SHARE = 0.1;

/** What a run is made of. */
export interface TrainForecasterOptions {
  readonly market: Market;
  /** Folder to write. */
  readonly runDir: string;
  /** Whether a run that is in the folder may be replaced. @default false */
  readonly overwrite?: boolean;
  /** @default those of `resolveSettings()` */
  readonly settings?: ForecasterOptions;
  /** Where the market came from; kept in `config.json`. */
  readonly source?: Readonly<Record<string, string | number | null>>;
  /** Stops training between two steps; no run is left behind then. */
  readonly signal?: AbortSignal;
  /** Called as the work goes on. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** What training tells while it runs. */
export type TrainEvent =
  /** First of all: in what it computes. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  | {
      readonly kind: 'step';
      readonly phase: 'scoring' | 'training' | 'forecasting';
      /** Tokens scored, updates made, or days forecast. */
      readonly done: number;
      readonly total: number;
      readonly loss: number | null;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly trainLoss: number;
      readonly validationLoss: number;
      readonly seconds: number;
    };

/** What came of a run. */
export interface TrainSummary {
  readonly run: string;
  readonly market: string;
  readonly synthetic: boolean;
  readonly backend: string;
  /** What read the headlines: a small BERT trained along, or the scores of a sentiment model. */
  readonly text: TextRecord['kind'];
  /** Trainable parameters. */
  readonly parameters: number;
  /** Epochs that were trained. */
  readonly epochs: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** Its Huber loss on the validation days, in squared standard deviations of the training days' log returns. */
  readonly validationLoss: number;
  readonly seconds: number;
}

/**
 * Trains the text + price model on a market and writes a run folder.
 *
 * ```
 * market ── samples ── split ──┬── train ── vocabulary, scalers, fit ──┬── best weights ── checkpoint/
 *                              ├── validation ── early stopping ───────┘        │
 *                              └── test ────────────────────────────────────────┴── predictions.csv (all splits)
 * ```
 *
 * Nothing is fitted on, chosen by or stopped because of the test days. TensorFlow has to be loaded (`loadTensorFlow`).
 *
 * @returns the summary, or null when the signal stopped it
 */
export async function trainForecaster(options: TrainForecasterOptions): Promise<TrainSummary | null> {
  const started = performance.now();
  const { market, runDir, overwrite = false, source = {} } = options;
  const settings = resolveSettings(options.settings);
  const split = splitChronologically(makeSamples(market, { window: settings.window }));
  const environment = describeEnvironment(settings.precision);
  const run = await RunFolder.create(runDir, { overwrite });
  let forecaster: Forecaster | undefined;
  try {
    await run.writeJson(runFiles.config, { settings, source });
    await run.writeJson(runFiles.environment, environment);
    await run.writeJson(runFiles.data, describeData(market, split));
    options.onEvent?.({ kind: 'precision', ...environment.precision });
    forecaster = await newForecaster(split, settings, options);
    const result = await fitForecaster(forecaster, split, run, options);
    if (result.reason === 'aborted' || result.best === null) {
      await discardRun(run);
      return null;
    }
    const predictions = await makePredictions(forecaster, split, (done, total) =>
      options.onEvent?.({ kind: 'step', phase: 'forecasting', done, total, loss: null }),
    );
    await saveWeights(forecaster.model, run.path(runFiles.weights));
    await run.writeJson(runFiles.forecaster, forecaster);
    await run.writeText(runFiles.predictions, formatPredictions(predictions));
    await run.finish();
    return {
      run: runDir,
      market: market.name,
      synthetic: market.synthetic,
      backend: environment.backend,
      text: forecaster.model.text.toJSON().kind,
      parameters: countParameters(forecaster),
      epochs: Math.round(result.epochs),
      bestEpoch: Math.round(result.best.epoch),
      validationLoss: result.best.metrics.loss,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    await discardRun(run);
    if (options.signal?.aborted && error === options.signal.reason) return null;
    throw error;
  } finally {
    forecaster?.dispose();
  }
}

/** Reads all headlines ahead, where that is how the text side works; everything fitted is fitted on the training days. */
async function newForecaster(
  split: Split<Sample>,
  settings: ForecasterSettings,
  { onEvent, signal }: TrainForecasterOptions,
): Promise<Forecaster> {
  const init = randomStreams(settings.seed).stream('init');
  const days = { train: split.train, all: splitNames.flatMap((name) => split[name]) };
  const text = await newTextSource(days, settings, init, {
    signal,
    onProgress: (done, total) => onEvent?.({ kind: 'step', phase: 'scoring', done, total, loss: null }),
  });
  return Forecaster.fromTraining(split.train, settings, { text, init, precision: settings.precision });
}

async function fitForecaster(
  forecaster: Forecaster,
  { train, validation }: Split<Sample>,
  run: RunFolder,
  { onEvent, signal }: TrainForecasterOptions,
): Promise<FitResult> {
  const { seed, batchSize, epochs, patience, learningRate, weightDecay, maxGradNorm } = forecaster.settings;
  const random = randomStreams(seed);
  const optimizer = new AdamW(decayGroups(forecaster.model, weightDecay), { learningRate });
  const validationReturns = forecaster.target.transform(
    validation.map(({ targetLogReturn }) => targetLogReturn),
  );
  try {
    return await fit({
      model: forecaster.model,
      optimizer,
      data: trainingData(forecaster, train, random.stream('data')),
      batchSize,
      epochs,
      random,
      maxGradNorm,
      gradientScaler: new GradScaler({ enabled: forecaster.policy.needsScaler }),
      schedule: ({ totalSteps }) =>
        linearSchedule({ totalSteps, warmupSteps: Math.round(WARMUP_SHARE * totalSteps) }),
      loss: ({ input, target }, { dropout }) =>
        huberLoss(target, forecaster.forward(input, dropout).standardizedReturn),
      evaluate: async () => {
        const forecasts = await forecaster.predict(validation);
        const returns = forecaster.target.transform(forecasts.map(({ logReturn }) => logReturn));
        return { loss: huberLossOf(validationReturns, returns) };
      },
      earlyStopping: { patience },
      signal,
      onEvent: reporter(run, onEvent),
    });
  } finally {
    optimizer.dispose();
  }
}

/** Passes the loop's events on, and writes one line of metrics per epoch: its training loss and the evaluation after it. */
function reporter(run: RunFolder, onEvent: TrainForecasterOptions['onEvent']): (event: FitEvent) => void {
  let learningRate = 0;
  let last: Extract<FitEvent, { type: 'epoch' }> | undefined;
  return (event) => {
    if (event.type === 'step') {
      onEvent?.({
        kind: 'step',
        phase: 'training',
        done: event.step,
        total: event.totalSteps,
        loss: event.loss,
      });
    } else if (event.type === 'log') learningRate = event.learningRate;
    else if (event.type === 'epoch') last = event;
    else if (event.type === 'evaluation' && last) {
      const { epoch, step, loss: trainLoss, seconds } = last;
      const validationLoss = event.metrics.loss;
      run.appendMetrics({ epoch, step, trainLoss, validationLoss, learningRate, seconds });
      onEvent?.({ kind: 'epoch', epoch, trainLoss, validationLoss, seconds });
    }
  };
}

function describeData(market: Market, split: Split<Sample>): RunData {
  const summary = (samples: readonly Sample[]): SplitSummary => ({
    n: samples.length,
    first: samples[0]?.targetDate ?? null,
    last: samples[samples.length - 1]?.targetDate ?? null,
  });
  const [train, validation, test] = splitNames.map((name) => summary(split[name]));
  return {
    name: market.name,
    synthetic: market.synthetic,
    signal: market.signal ?? null,
    fingerprint: market.fingerprint,
    splits: { train, validation, test },
  };
}

function countParameters(forecaster: Forecaster): number {
  return [...forecaster.model.namedParameters().values()].reduce((sum, { size }) => sum + size, 0);
}
