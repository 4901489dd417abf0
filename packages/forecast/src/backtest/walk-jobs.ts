import type { Fold, Sample } from '@fin/data';
import { modelOfRun, tunableFingerprint } from '@fin/sentiment';
import type { SentimentScores } from '../text/sentiment-scores.js';
import { scoreHeadlines } from '../text/sentiment-scores.js';
import type { ReadOptions } from '../text/text-source.js';
import type { FoldJob, FoldJobPart } from './fold-job.js';
import { foldJob } from './fold-job.js';
import type { BacktestSettings } from './settings.js';
import { variantSettings } from './settings.js';

/** Folds of each variant. All variants test the same days. */
export type WalkFolds = readonly (readonly Fold<Sample>[])[];

/** What the trainings of a walk-forward run take from pretrained models, by variant. */
export interface ModelInputs {
  /** Scores of the headlines by a frozen sentiment model; null for a variant that needs none. */
  readonly scores: readonly (SentimentScores | null)[];
  /** sha256 of the model that is trained jointly; null for a variant without one. */
  readonly pretrained: readonly (string | null)[];
}

/** Scores the headlines with every frozen sentiment model, and reads the digests of those to be trained, each once. */
export async function readModelInputs(
  settings: BacktestSettings,
  folds: WalkFolds,
  options: ReadOptions,
): Promise<ModelInputs> {
  const scores: (SentimentScores | null)[] = [];
  const pretrained: (string | null)[] = [];
  const known = new Map<string, SentimentScores | null>();
  const digests = new Map<string, string>();
  for (const [i, variant] of settings.variants.entries()) {
    const forecaster = variantSettings(settings, variant);
    const { text, model, precision } = forecaster;
    const key = JSON.stringify([text === 'scored' && model, precision]);
    if (!known.has(key)) known.set(key, await scoreHeadlines(allDays(folds[i]), forecaster, options));
    scores.push(known.get(key)!);
    if (text === 'joint' && !digests.has(model!)) {
      digests.set(model!, await tunableFingerprint(modelOfRun(model!)));
    }
    pretrained.push(text === 'joint' ? digests.get(model!)! : null);
  }
  return { scores, pretrained };
}

/** The trainings of a walk-forward run. */
export class WalkJobs {
  readonly #settings: BacktestSettings;
  readonly #folds: WalkFolds;
  readonly #inputs: ModelInputs;

  constructor(settings: BacktestSettings, folds: WalkFolds, inputs: ModelInputs) {
    this.#settings = settings;
    this.#folds = folds;
    this.#inputs = inputs;
  }

  /** Indices of the seeds. */
  get seeds(): number[] {
    return Array.from({ length: this.#settings.seeds }, (_, seed) => seed);
  }

  /** All folds of one variant with all seeds. */
  tests(variant: number): FoldJob[] {
    return this.#folds[variant].flatMap((fold) =>
      this.seeds.map((seed) => foldJob('test', fold, this.#part(variant, seed))),
    );
  }

  /** The first fold of one variant without its test days, with all seeds. */
  selections(variant: number): FoldJob[] {
    const [fold] = this.#folds[variant];
    return this.seeds.map((seed) => foldJob('selection', { ...fold, test: [] }, this.#part(variant, seed)));
  }

  /** All trainings that there can be, by name. */
  byName(): Map<string, FoldJob> {
    const variants = this.#settings.variants.map((_, variant) => variant);
    const jobs = variants.flatMap((variant) => [...this.selections(variant), ...this.tests(variant)]);
    return new Map(jobs.map((job) => [job.name, job]));
  }

  #part(variant: number, seed: number): FoldJobPart {
    const settings = variantSettings(this.#settings, this.#settings.variants[variant], seed);
    const [scores, pretrained] = [this.#inputs.scores[variant], this.#inputs.pretrained[variant]];
    return { variant, seed, settings, scores, pretrained };
  }
}

function allDays(
  folds: readonly { readonly train: Sample[]; readonly validation: Sample[]; readonly test: Sample[] }[],
): Sample[] {
  return folds.flatMap(({ train, validation, test }) => [...train, ...validation, ...test]);
}
