import { resolve } from 'node:path';
import type { LabelledSentence, PhraseBank, Split } from '@fin/data';
import { splitPhraseBank } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import { RunFolder } from '@fin/train';
import { describeEnvironment } from '../pipeline/describe-environment.js';
import { discardRun } from '../run/discard-run.js';
import { splitNames } from '../run/prediction.js';
import { classWeights } from './class-weights.js';
import { evaluateClassifier } from './evaluate-classifier.js';
import { fitClassifier } from './fit-classifier.js';
import { sentenceSet } from './sentence-set.js';
import type { TuningOptions, TuningSettings } from './settings.js';
import { resolveTuning } from './settings.js';
import type { TunableModel } from './tunable-model.js';
import { openTunableModel } from './tunable-model.js';
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
  /** @default those of `resolveTuning()` */
  readonly settings?: TuningOptions;
  /** Where the sentences came from; kept in `config.json`. */
  readonly source?: Readonly<Record<string, string | number | null>>;
  /** Stops training between two steps; no run is left behind then. */
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
 * @returns the summary, or null when the signal stopped it
 */
export async function tuneSentiment(options: TuneSentimentOptions): Promise<TuningSummary | null> {
  const started = performance.now();
  const settings = resolveTuning(options.settings);
  const split = splitPhraseBank(options.bank.sentences, { seed: settings.splitSeed });
  const model = await openTunableModel(options.modelDir, settings, randomStreams(settings.seed));
  try {
    const run = await RunFolder.create(options.runDir, { overwrite: options.overwrite });
    try {
      const summary = await tune(model, split, settings, run, options);
      if (summary === null) await discardRun(run);
      else await run.finish();
      return summary && { ...summary, seconds: (performance.now() - started) / 1000 };
    } catch (error) {
      await discardRun(run);
      throw error;
    }
  } finally {
    model.dispose();
  }
}

async function tune(
  model: TunableModel,
  split: Split<LabelledSentence>,
  settings: TuningSettings,
  run: RunFolder,
  { bank, modelDir, source = {}, signal, onEvent }: TuneSentimentOptions,
): Promise<Omit<TuningSummary, 'seconds'> | null> {
  const environment = describeEnvironment(settings.precision);
  await run.writeJson(tuningFiles.config, {
    kind: 'sentiment-tuning',
    settings,
    source: { ...source, model: resolve(modelDir) },
  });
  await run.writeJson(tuningFiles.environment, environment);
  await run.writeJson(tuningFiles.data, describeTuningData(bank, split));
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
  const report = tuningReporter(run, onEvent);
  const fitted = await fitClassifier(model, {
    train,
    validation,
    weights,
    settings,
    signal,
    onEvent: (event) => {
      speed.see(event);
      report(event);
    },
  });
  if (fitted.reason === 'aborted' || fitted.best === null) return null;
  const { confusion, ...scores } = (await evaluateClassifier(model, test, { labels, weights })).report;
  await model.save(run.path(model.savedAs));
  await run.writeJson(tuningFiles.evaluation, { split: 'test', ...scores });
  await run.writeJson(tuningFiles.confusion, { labels, rows: 'actual', columns: 'predicted', confusion });
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

function countParameters(model: TunableModel): Pick<TuningSummary, 'parameters' | 'trainableParameters'> {
  const variables = [...model.namedParameters().values()];
  const count = (some: typeof variables) => some.reduce((sum, { size }) => sum + size, 0);
  return {
    trainableParameters: count(variables.filter(({ trainable }) => trainable)),
    parameters: count(variables),
  };
}
