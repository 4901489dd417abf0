import { join } from 'node:path';
import type { RunEnvironment } from '@fin/amp';
import { describeEnvironment } from '@fin/amp';
import type { Market, Sample, Split } from '@fin/data';
import { makeSamples, splitChronologically } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import type { OpenedRun, ResumeFrom, RunOptions, RunSource } from '@fin/run';
import { dataPaths, withRun } from '@fin/run';
import type { TuningMethod } from '@fin/sentiment';
import { modelOfRun } from '@fin/sentiment';
import type { FitEvent, FitRecords } from '@fin/train';
import {
  checkpointsOf,
  leadOrFollow,
  profiledOn,
  recordFit,
  requireRecordable,
  saveWeights,
} from '@fin/train';
import { forecastBaselines } from '../baselines/index.js';
import { modelName } from '../model/model-name.js';
import { sampleOptions } from '../model/price-features.js';
import { resolveSettings } from '../model/resolve-settings.js';
import type { ForecasterOptions, ForecasterSettings, TextKind } from '../model/settings.js';
import { usesModel } from '../model/settings.js';
import { forecasterSettingsSchema } from '../model/settings-schema.js';
import { formatBaselines } from '../run/baselines-file.js';
import { formatPredictions, sentimentOf } from '../run/predictions.js';
import type { RunData } from '../run/run-files.js';
import { describeRunData, runFiles } from '../run/run-files.js';
import type { SplitForecast } from './forecast-split.js';
import { trainOnSplit } from './forecast-split.js';
import type { Forecaster } from './forecaster.js';
import type { TrainEvent } from './train-events.js';
import { trainReporter } from './train-events.js';

/** Options of {@link trainForecaster}. */
export interface TrainForecasterOptions extends FitRecords {
  readonly market: Market;
  /** Run folder to write. */
  readonly runDir: string;
  /** Whether a run in the folder may be replaced. It stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /**
   * Whether to resume the interrupted run in the folder: from its newest checkpoint, or with `'lastGood'` from the newest one
   * that is not damaged. The settings are read from the run and may be left out. @default false
   */
  readonly resume?: ResumeFrom;
  /** Settings of the model and its training. @default the result of `resolveSettings()` */
  readonly settings?: ForecasterOptions;
  /** Source of the market, recorded in `config.json`. */
  readonly source?: RunSource;
  /** Stops training between two updates. The run can then be resumed; without any update it is deleted. */
  readonly signal?: AbortSignal;
  /** Called with each event. */
  readonly onEvent?: (event: TrainEvent) => void;
  /**
   * Processes that train together, from `initProcessGroup` of `@fin/parallel`; all call this function with the same options. Rank 0 writes the
   * run and sends the events. @default this process alone
   */
  readonly group?: ProcessGroup;
}

/** Result of training. Its duration is that of this call, without the time before a resume. */
export interface TrainSummary extends Omit<SplitForecast, 'model' | 'predictions'> {
  readonly run: string;
  readonly market: string;
  readonly synthetic: boolean;
  readonly backend: string;
  readonly text: TextKind;
  /** Whether adapters or all weights of a pretrained encoder were trained; null if there is none. */
  readonly finetuning: TuningMethod | null;
}

/**
 * Trains the text + price model on a market and writes a run folder.
 *
 * ```
 * market ── samples ── split ──┬── train ── vocabulary, scalers, fit ──┬── best weights ── checkpoint/
 *                              ├── validation ── early stopping ───────┘        │
 *                              └── test ────────────────────────────────────────┴── predictions.csv (all splits)
 *                                                     fitted on train ── baselines ── baselines.csv (validation, test)
 * ```
 *
 * The test days influence neither fitting nor any choice nor early stopping. Call `loadTensorFlow` first.
 *
 * While it trains, the folder `checkpoints` holds checkpoints from which an interrupted run is resumed (`resume`), to the same
 * figures bit for bit on one machine. It is deleted when the run is finished.
 *
 * @returns the summary; null when the signal stopped it, the run lacked only its manifest, or another process of the group has it
 * @throws {RunInputError} of `@fin/run` when the folder cannot be used, or a run cannot be resumed with these options; names the
 *   differences
 * @throws {DamagedFileError} of `@fin/files` naming the damaged file of a checkpoint
 */
export async function trainForecaster(options: TrainForecasterOptions): Promise<TrainSummary | null> {
  const { group = singleProcess } = options;
  return leadOrFollow(group, {
    lead: (announce) => leadTraining(options, announce),
    follow: (settings: ForecasterSettings) => followTraining(options, settings),
  });
}

async function leadTraining(
  options: TrainForecasterOptions,
  announce: (settings: ForecasterSettings) => Promise<void>,
): Promise<TrainSummary | null> {
  const started = performance.now();
  const { market, runDir, overwrite, resume = false, signal, onEvent, group } = options;
  const plan: RunOptions<ForecasterSettings, OpenedTraining> = {
    dir: runDir,
    kind: 'forecaster',
    overwrite,
    resume,
    settings: options.settings,
    resolve: () => resolveSettings(options.settings),
    schema: forecasterSettingsSchema,
    open: async (settings, begun) => {
      await requireRecordable(options, runDir, begun !== null);
      await announce(settings);
      return openTraining(settings, options);
    },
    onRepaired: () => onEvent?.({ kind: 'repaired' }),
    signal,
  };
  return withRun(plan, async ({ run, settings, opened, resumed }): Promise<TrainSummary | null> => {
    const { split, environment } = opened;
    onEvent?.({ kind: 'precision', ...environment.precision });
    onEvent?.({ kind: 'split', parts: opened.data.splits });
    const report = trainReporter(run, resumed, onEvent);
    const about = {
      model: modelName(settings),
      'days per update': settings.batchSize * settings.gradientAccumulationSteps,
      ...profiledOn(environment),
    };
    const recorder = recordFit(run, options, about, (event) => onEvent?.(event));
    const training = {
      signal,
      onEvent,
      onFit: (event: FitEvent) => {
        report(event);
        recorder.see(event);
      },
      group,
      checkpoints: (forecaster: Forecaster) => checkpointsOf(run, resume, trainedFrom(market, forecaster)),
    };
    try {
      return await trainOnSplit(split, settings, training, async (forecaster, forecast) => {
        await saveWeights(forecaster.model, run.path(runFiles.weights), { trainableOnly: true });
        await run.writeJson(runFiles.forecaster, forecaster);
        const { text, finetuning } = settings;
        const sentiment = text === 'scored' ? sentimentOf(forecast.predictions) : undefined;
        await run.writeText(runFiles.baselines, formatBaselines(forecastBaselines(split, { sentiment })));
        await run.writeText(runFiles.predictions, formatPredictions(forecast.predictions));
        return {
          run: runDir,
          market: market.name,
          synthetic: market.synthetic,
          backend: environment.backend,
          text,
          finetuning: text === 'joint' ? finetuning : null,
          parameters: forecast.parameters,
          trainableParameters: forecast.trainableParameters,
          epochs: forecast.epochs,
          bestEpoch: forecast.bestEpoch,
          validationLoss: forecast.validationLoss,
          seconds: (performance.now() - started) / 1000,
        };
      });
    } finally {
      await recorder.close();
    }
  });
}

/** Trains along with rank 0, which writes the run. */
async function followTraining(options: TrainForecasterOptions, settings: ForecasterSettings): Promise<void> {
  const { market, runDir, resume = false, signal, group } = options;
  const { split } = openTraining(settings, options);
  const folder = { path: (name: string) => join(runDir, name) };
  const training = {
    signal,
    group,
    onFit: () => {},
    checkpoints: (forecaster: Forecaster) => checkpointsOf(folder, resume, trainedFrom(market, forecaster)),
  };
  await trainOnSplit(split, settings, training, async () => null);
}

/** What a resumed training must start from, too. */
function trainedFrom(market: Market, { model }: Forecaster): Readonly<Record<string, unknown>> {
  const text = model.text?.toJSON();
  return {
    data: market.fingerprint,
    ...(text && 'fingerprint' in text && { model: text.fingerprint }),
  };
}

/** Inputs of a training run, opened before its folder is touched. */
interface OpenedTraining extends OpenedRun {
  readonly split: Split<Sample>;
  readonly environment: RunEnvironment;
  readonly data: RunData;
}

function openTraining(
  settings: ForecasterSettings,
  { market, source = {} }: TrainForecasterOptions,
): OpenedTraining {
  const split = splitChronologically(makeSamples(market, sampleOptions(settings, market)));
  const model = usesModel(settings) ? settings.model : null;
  const paths = [...dataPaths(source), ...(model === null ? [] : [model])];
  if (model !== null) modelOfRun(model);
  return {
    split,
    inputs: paths,
    source,
    environment: describeEnvironment(settings.precision),
    data: describeRunData(market, split),
  };
}
