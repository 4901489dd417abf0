import { resolve } from 'node:path';
import type { RunEnvironment } from '@fin/amp';
import { describeEnvironment } from '@fin/amp';
import type { LabelledSentence, PhraseBank, Split } from '@fin/data';
import { splitNames, splitPhraseBank } from '@fin/data';
import type { UnfinishedRun } from '@fin/run';
import { CHECKPOINTS, leaveRun, RunFolder, readUnfinishedRun, requireSame, settingsOfRun } from '@fin/run';
import { randomStreams } from '@fin/runtime';
import type { ResumeFrom } from '@fin/train';
import { checkpointsOf } from '@fin/train';
import { SentimentInputError } from '../errors.js';
import { weightsDigest } from '../scoring/weights-digest.js';
import { classWeights } from './class-weights.js';
import { evaluateClassifier } from './evaluate-classifier.js';
import { fitClassifier } from './fit-classifier.js';
import { sentenceSet } from './sentence-set.js';
import type { TuningOptions, TuningSettings } from './settings.js';
import { resolveTuning } from './settings.js';
import type { TunableModel } from './tunable-model.js';
import { openTunableModel } from './tunable-model.js';
import type { TuningData } from './tuning-data.js';
import { describeTuningData } from './tuning-data.js';
import type { TuningEvent } from './tuning-events.js';
import { trainingSpeed, tuningReporter } from './tuning-events.js';
import { tuningFiles } from './tuning-files.js';
import type { TuningSummary } from './tuning-summary.js';

/** What a fine-tuning run is made of. */
export interface TuneSentimentOptions {
  /** Sentences with their classes, as `loadPhraseBank` gives them. */
  readonly bank: PhraseBank;
  /** Folder of the model to start from. */
  readonly modelDir: string;
  /** Folder to write. */
  readonly runDir: string;
  /** Whether a run that is in the folder may be replaced. @default false */
  readonly overwrite?: boolean;
  /**
   * Whether to go on with the run in the folder, which was interrupted: from its newest checkpoint, or with `'lastGood'` from
   * the newest one that is not damaged. Settings may be left out then: they are those that it was begun with. @default false
   */
  readonly resume?: ResumeFrom;
  /** @default those of `resolveTuning()` */
  readonly settings?: TuningOptions;
  /** Where the sentences came from; kept in `config.json`. */
  readonly source?: Readonly<Record<string, string | number | null>>;
  /** Stops training between two steps. The run can be resumed then; it is removed if no step was made yet. */
  readonly signal?: AbortSignal;
  /** Called as the work goes on. */
  readonly onEvent?: (event: TuningEvent) => void;
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
 * As there: cross-entropy weighted by class, linear warmup, clipping at norm 1, no decay of biases and norms, and where asked
 * for discriminative learning rates and gradual unfreezing. Unlike there: Adam with bias correction, sentences without
 * padding, repeated sentences once and those of two classes not at all. TensorFlow has to be loaded (`loadTensorFlow`).
 *
 * While it trains, the folder `checkpoints` holds what an interrupted run goes on from (`resume`), to the same figures bit for
 * bit on one machine. It is gone when the run is finished.
 *
 * @returns the summary, or null when the signal stopped it
 * @throws {SentimentInputError} when a run cannot be resumed as it is asked for, naming what differs
 * @throws DamagedFileError of `@fin/train` naming the file of a checkpoint that is damaged
 */
export async function tuneSentiment(options: TuneSentimentOptions): Promise<TuningSummary | null> {
  const started = performance.now();
  const { bank, modelDir, runDir, overwrite, resume = false, signal } = options;
  const unfinished = resume ? await readUnfinishedRun<TuningSettings>(runDir, 'sentiment-tuning') : null;
  const settings = unfinished
    ? settingsOfRun(runDir, unfinished.settings, options.settings)
    : resolveTuning(options.settings);
  const split = splitPhraseBank(bank.sentences, { seed: settings.splitSeed });
  const data = describeTuningData(bank, split);
  const environment = describeEnvironment(settings.precision);
  const resumed = unfinished && requireSame(runDir, unfinished, { data: data.fingerprint, environment });
  const modelDigest = await weightsDigest(modelDir);
  if (unfinished) requireModel(runDir, unfinished, { modelDir, modelDigest });
  const model = await openTunableModel(modelDir, settings, randomStreams(settings.seed));
  try {
    const run = await (unfinished ? RunFolder.resume(runDir) : RunFolder.create(runDir, { overwrite }));
    try {
      const beginning = { settings, split, data, environment, modelDigest, resumed };
      const summary = await tune(model, run, beginning, options);
      if (summary === null) await leaveRun(run, 'sentiment-tuning', resumed !== null);
      return summary && { ...summary, seconds: (performance.now() - started) / 1000 };
    } catch (error) {
      await leaveRun(run, 'sentiment-tuning', resumed !== null);
      if (signal?.aborted && error === signal.reason) return null;
      throw error;
    }
  } finally {
    model.dispose();
  }
}

/** What is known of a run before its model is trained. */
interface Beginning {
  readonly settings: TuningSettings;
  readonly split: Split<LabelledSentence>;
  readonly data: TuningData;
  readonly environment: RunEnvironment;
  /** sha256 of the weights to start from. */
  readonly modelDigest: string;
  /** Null when the run begins now. */
  readonly resumed: { readonly note: string | null } | null;
}

async function tune(
  model: TunableModel,
  run: RunFolder,
  { settings, split, data, environment, modelDigest, resumed }: Beginning,
  { modelDir, source = {}, resume = false, signal, onEvent }: TuneSentimentOptions,
): Promise<Omit<TuningSummary, 'seconds'> | null> {
  if (!resumed) {
    await run.writeJson(tuningFiles.config, {
      kind: 'sentiment-tuning',
      settings,
      source: { ...source, model: resolve(modelDir), modelDigest },
    });
    await run.writeJson(tuningFiles.environment, environment);
    await run.writeJson(tuningFiles.data, data);
  }
  const { labels, columns, tokenizer } = model;
  const { method, seed, splitSeed, maxLength } = settings;
  const [train, validation, test] = splitNames.map((name) =>
    sentenceSet(split[name], tokenizer, { maxLength, columns }),
  );
  const weights = settings.classWeights ? classWeights(train.labels, labels.length) : labels.map(() => 1);
  const { newWeights, unusedTensors } = model;
  const about = { newWeights, unusedTensors, ...countParameters(model) };
  onEvent?.({ kind: 'precision', ...environment.precision });
  onEvent?.({ kind: 'model', ...about });
  const speed = trainingSpeed(train.labels.length);
  const report = tuningReporter(run, resumed, onEvent);
  const fitted = await fitClassifier(model, {
    train,
    validation,
    weights,
    settings,
    checkpoints: checkpointsOf(run, resume, { data: data.fingerprint, model: modelDigest }),
    signal,
    onEvent: (event) => {
      speed.see(event);
      report(event);
    },
  });
  if (fitted.reason === 'aborted' || fitted.best === null) return null;
  const tested = await evaluateClassifier(model, test, { labels, weights, signal });
  const { confusion, ...scores } = tested.report;
  await run.remove(model.savedAs); // of a run that was stopped later than here
  await model.save(run.path(model.savedAs));
  await run.writeJson(tuningFiles.evaluation, { split: 'test', ...scores });
  await run.writeJson(tuningFiles.confusion, { labels, rows: 'actual', columns: 'predicted', confusion });
  await run.remove(CHECKPOINTS);
  await run.finish();
  return {
    run: run.dir,
    saved: run.path(model.savedAs),
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

/** @throws {SentimentInputError} when a run is to go on with another model than it was begun with */
function requireModel(
  runDir: string,
  { source }: UnfinishedRun,
  { modelDir, modelDigest }: { readonly modelDir: string; readonly modelDigest: string },
): void {
  if (source.modelDigest === modelDigest) return;
  throw new SentimentInputError(
    `${runDir} was begun with the model in ${source.model}, and the weights in ${modelDir} are others: ` +
      'resume it with its own, or begin a new run.',
  );
}

function countParameters(model: TunableModel): Pick<TuningSummary, 'parameters' | 'trainableParameters'> {
  const variables = [...model.namedParameters().values()];
  const count = (some: typeof variables) => some.reduce((sum, { size }) => sum + size, 0);
  return {
    trainableParameters: count(variables.filter(({ trainable }) => trainable)),
    parameters: count(variables),
  };
}
