import { join, resolve } from 'node:path';
import type { RunEnvironment } from '@fin/amp';
import { describeEnvironment } from '@fin/amp';
import type { LabelledSentence, LabelledSentences, Split } from '@fin/data';
import { splitSentences } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import type { OpenedRun, ResumeFrom, RunContext, RunOptions, RunSource, UnfinishedRun } from '@fin/run';
import { dataPaths, withRun } from '@fin/run';
import { randomStreams } from '@fin/runtime';
import type { FitRecords } from '@fin/train';
import {
  checkpointsOf,
  countParameters,
  leadOrFollow,
  profiledOn,
  recordFit,
  requireRecordable,
} from '@fin/train';
import { SentimentInputError } from '../errors.js';
import { isAdapterFolder } from '../scoring/sentiment-adapter.js';
import { fitOnSentences } from './fit-on-sentences.js';
import type { TuningData } from './run-files.js';
import { describeTuningData, tuningFiles } from './run-files.js';
import type { TuningOptions, TuningSettings } from './settings.js';
import { resolveTuning, tuningSettingsSchema } from './settings.js';
import type { TunableModel } from './tunable-model.js';
import { openTunableModel } from './tunable-model.js';
import type { TuningEvent } from './tuning-events.js';
import { trainingSpeed, tuningReporter } from './tuning-events.js';
import type { TuningSummary } from './tuning-summary.js';

/** Options of {@link tuneSentiment}. */
export interface TuneSentimentOptions extends FitRecords {
  /** Sentences with their classes, the result of `loadSentences`. */
  readonly bank: LabelledSentences;
  /** Folder of the model to start from. */
  readonly modelDir: string;
  /** Run folder to write. */
  readonly runDir: string;
  /** Whether a run in the folder may be replaced. It stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /**
   * Whether to resume the interrupted run in the folder: from its newest checkpoint, or with `'lastGood'` from the newest one
   * that is not damaged. The settings are read from the run and may be left out. @default false
   */
  readonly resume?: ResumeFrom;
  /** Settings of fine-tuning. @default the result of `resolveTuning()` */
  readonly settings?: TuningOptions;
  /** Source of the sentences, recorded in `config.json`. */
  readonly source?: RunSource;
  /** Stops training between two updates. The run can then be resumed; without any update it is deleted. */
  readonly signal?: AbortSignal;
  /** Called with each event. */
  readonly onEvent?: (event: TuningEvent) => void;
  /**
   * Processes that train together, from `initProcessGroup` of `@fin/parallel`; all call this function with the same options. Rank 0 writes the
   * run and sends the events. @default this process alone
   */
  readonly group?: ProcessGroup;
}

/**
 * Fine-tunes a BERT for sentiment by finBERT's protocol (Araci 2019) and writes a run folder.
 *
 * ```
 * sentences ── split 80/20, then 90/10 ──┬── train ── class weights, fit ──┬── best weights ── model/ or adapter/
 *                                        ├── validation ── early stopping ─┘        │
 *                                        └── test ──────────────────────────────────┴── evaluation.json, confusion.json
 * ```
 *
 * As in finBERT: cross-entropy weighted by class, linear warmup, gradient clipping at norm 1, no weight decay of biases and
 * norms; optional discriminative learning rates and gradual unfreezing. Unlike finBERT: Adam with bias correction, batches
 * without padding. Repeated sentences count once, and sentences with contradictory classes are left out. Call `loadTensorFlow`
 * first.
 *
 * While it trains, the folder `checkpoints` holds checkpoints from which an interrupted run is resumed (`resume`), to the same
 * figures bit for bit on one machine. It is deleted when the run is finished.
 *
 * @returns the summary; null when the signal stopped it, the run lacked only its manifest, or another process of the group has it
 * @throws {SentimentInputError} before training, when adapters are to be trained on the folder of an adapter
 * @throws {RunInputError} of `@fin/run` when the folder cannot be used, or a run cannot be resumed with these options; names the
 *   differences
 * @throws {DamagedFileError} of `@fin/files` naming the damaged file of a checkpoint
 */
export async function tuneSentiment(options: TuneSentimentOptions): Promise<TuningSummary | null> {
  const { group = singleProcess } = options;
  return leadOrFollow(group, {
    lead: (announce) => leadTuning(options, announce),
    follow: (settings: TuningSettings) => followTuning(options, settings),
  });
}

async function leadTuning(
  options: TuneSentimentOptions,
  announce: (settings: TuningSettings) => Promise<void>,
): Promise<TuningSummary | null> {
  const started = performance.now();
  const { modelDir, runDir, overwrite, resume, signal, onEvent } = options;
  let model: TunableModel | null = null;
  const plan: RunOptions<TuningSettings, OpenedTuning> = {
    dir: runDir,
    kind: 'sentiment-tuning',
    overwrite,
    resume,
    settings: options.settings,
    resolve: () => resolveTuning(options.settings),
    schema: tuningSettingsSchema,
    open: async (settings, begun) => {
      await requireRecordable(options, runDir, begun !== null);
      requireWholeModel(modelDir, settings);
      await announce(settings);
      model = await openTunableModel(modelDir, settings, randomStreams(settings.seed));
      const opened = openTuning(settings, options, model);
      if (begun) requireModel(runDir, begun, opened);
      return opened;
    },
    onRepaired: () => onEvent?.({ kind: 'repaired' }),
    signal,
  };
  try {
    const summary = await withRun(plan, (context) => tune(context, options));
    return summary && { ...summary, seconds: (performance.now() - started) / 1000 };
  } finally {
    (model as TunableModel | null)?.dispose();
  }
}

/** Inputs of a fine-tuning run, opened before its folder is touched. */
interface OpenedTuning extends OpenedRun {
  readonly model: TunableModel;
  readonly split: Split<LabelledSentence>;
  readonly environment: RunEnvironment;
  readonly data: TuningData;
}

function openTuning(
  { splitSeed, precision }: TuningSettings,
  { bank, modelDir, source = {} }: TuneSentimentOptions,
  model: TunableModel,
): OpenedTuning {
  const split = splitSentences(bank.sentences, { seed: splitSeed });
  return {
    model,
    split,
    inputs: [modelDir, ...dataPaths(source)],
    source: { ...source, model: resolve(modelDir), modelDigest: model.fingerprint },
    environment: describeEnvironment(precision),
    data: describeTuningData(bank, split),
  };
}

async function tune(
  { run, settings, opened, resumed }: RunContext<TuningSettings, OpenedTuning>,
  options: TuneSentimentOptions,
): Promise<Omit<TuningSummary, 'seconds'> | null> {
  const { runDir, resume = false, signal, onEvent } = options;
  const { model, split, data, environment } = opened;
  const { labels } = model;
  const { method, seed, splitSeed } = settings;
  const { newWeights, unusedTensors } = model;
  const about = { newWeights, unusedTensors, ...countParameters(model) };
  onEvent?.({ kind: 'precision', ...environment.precision });
  onEvent?.({ kind: 'model', ...about });
  const speed = trainingSpeed(split.train.length);
  const report = tuningReporter(run, resumed, onEvent);
  const profiled = {
    model: `sentiment model, ${method === 'lora' ? 'LoRA' : 'all weights'}`,
    'sentences per update': settings.batchSize,
    encoder: model.opByOpReason() ?? 'one op for all layers in each direction',
    ...profiledOn(environment),
  };
  const recorder = recordFit(run, options, profiled, (event) => onEvent?.(event));
  const { fitted, test } = await fitOnSentences(model, split, {
    settings,
    checkpoints: checkpointsOf(run, resume, { data: data.fingerprint, model: model.fingerprint }),
    signal,
    group: options.group,
    onEvent: (event) => {
      speed.see(event);
      report(event);
      recorder.see(event);
    },
  }).finally(() => recorder.close());
  if (fitted.reason === 'aborted' || fitted.best === null) return null;
  const { confusion, ...scores } = await test(signal);
  await run.remove(model.savedAs); // of a run that was stopped later than here
  await model.save(run.path(model.savedAs));
  await run.writeJson(tuningFiles.evaluation, { split: 'test', ...scores });
  await run.writeJson(tuningFiles.confusion, { labels, rows: 'actual', columns: 'predicted', confusion });
  return {
    run: runDir,
    saved: join(runDir, model.savedAs),
    method,
    backend: environment.backend,
    seed,
    splitSeed,
    ...scores,
    ...about,
    epochs: Math.round(fitted.epochs),
    bestEpoch: Math.round(fitted.best.epoch),
    validationLoss: fitted.best.metrics.loss,
    sentencesPerSecond: speed.perSecond(),
  };
}

/** Trains along with rank 0, which writes the run. */
async function followTuning(options: TuneSentimentOptions, settings: TuningSettings): Promise<void> {
  const { modelDir, runDir, resume = false, signal, group } = options;
  const model = await openTunableModel(modelDir, settings, randomStreams(settings.seed));
  try {
    const { split, data } = openTuning(settings, options, model);
    const folder = { path: (name: string) => join(runDir, name) };
    await fitOnSentences(model, split, {
      settings,
      checkpoints: checkpointsOf(folder, resume, { data: data.fingerprint, model: model.fingerprint }),
      signal,
      group,
      onEvent: () => {},
    });
  } finally {
    model.dispose();
  }
}

/** @throws {SentimentInputError} when new adapters would be trained on an adapter: they are saved beside the folder of a whole model */
function requireWholeModel(modelDir: string, { method }: TuningSettings): void {
  if (method !== 'lora' || !isAdapterFolder(modelDir)) return;
  throw new SentimentInputError(
    `${modelDir} holds an adapter, and new adapters need a whole model to start from: merge it first ` +
      `(\`fin model merge ${modelDir} --base DIR --out DIR\`), or train all weights in place of adapters (method full).`,
  );
}

/** @throws {SentimentInputError} when a run is resumed with another model than before */
function requireModel(
  runDir: string,
  { source }: UnfinishedRun,
  { source: now, model }: Pick<OpenedTuning, 'source' | 'model'>,
): void {
  if (source.modelDigest === model.fingerprint) return;
  throw new SentimentInputError(
    `${runDir} was begun with the model in ${source.model}, and the weights, configuration or vocabulary in ${now.model} are others: ` +
      'resume it with its own, or begin a new run.',
  );
}
