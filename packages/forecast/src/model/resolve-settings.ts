import { createLoraConfig } from '@fin/finbert-lora/lora';
import type { TuningMethod } from '@fin/sentiment';
import { ForecastInputError } from '../errors.js';
import type { ForecasterOptions, ForecasterSettings } from './settings.js';
import { forecasterSettingsSchema, settingsProblem } from './settings-schema.js';

const defaults = {
  seed: 1,
  prices: true,
  model: null,
  aggregate: 'mean',
  encoder: {
    hiddenSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 128,
    vocabularySize: 4000,
    maxLength: 48,
    dropout: 0.1,
  },
  finetuning: 'lora',
  lora: createLoraConfig({ r: 8, loraAlpha: 32, loraDropout: 0.05 }),
  target: 'return',
  window: 10,
  lstm: { hiddenSize: 32, numLayers: 1, dropout: 0, pooling: 'last' },
  fusionSize: 16,
  batchSize: 16,
  gradientAccumulationSteps: 1,
  epochs: 10,
  patience: 3,
  learningRate: 1e-3,
  optimizer: 'adamw',
  weightDecay: 0.01,
  maxGradNorm: 1,
  precision: 'fp32',
  storage: null,
} as const;

/** Default peak learning rate of a pretrained encoder. */
const JOINT_LEARNING_RATE: Readonly<Record<TuningMethod, number>> = { lora: 5e-4, full: 5e-5 };

/** Settings whose default depends on others. */
type Derived = Pick<
  ForecasterSettings,
  'text' | 'trainHeadlinesPerDay' | 'textLearningRate' | 'headLearningRate'
>;

/**
 * Completes settings with the defaults.
 *
 * @throws {ForecastInputError} naming a setting that is unknown, out of range, or contradicts another
 */
export function resolveSettings(options: ForecasterOptions = {}): ForecasterSettings {
  const { encoder, lora, lstm, ...rest } = options;
  const given = withoutUndefined(rest);
  const { success, data, error } = forecasterSettingsSchema.safeParse({
    ...defaults,
    ...derivedDefaults(given),
    ...given,
    encoder: { ...defaults.encoder, ...withoutUndefined(encoder) },
    lora: { ...defaults.lora, ...withoutUndefined(lora) },
    lstm: { ...defaults.lstm, ...withoutUndefined(lstm) },
  });
  if (success) return data;
  throw new ForecastInputError(settingsProblem(error));
}

/**
 * Settings with changes. Groups of settings, such as `lstm`, are changed field by field. Settings that have their default follow
 * the changes: with another text side, the learning rate of the encoder is that text side's default.
 *
 * @throws {ForecastInputError} as {@link resolveSettings}
 */
export function changeSettings(settings: ForecasterOptions, changes: ForecasterOptions): ForecasterSettings {
  const own = Object.entries(settings).filter(
    ([name, value]) => value !== derivedDefaults({ ...settings, [name]: undefined })[name as keyof Derived],
  );
  const merged: Record<string, unknown> = Object.fromEntries(own);
  for (const [name, value] of Object.entries(changes)) {
    const before = merged[name];
    merged[name] = isGroup(before) && isGroup(value) ? { ...before, ...value } : value;
  }
  return resolveSettings(merged);
}

function derivedDefaults(given: ForecasterOptions): Derived {
  const text = given.text ?? (typeof given.model === 'string' ? 'scored' : 'random');
  const textLearningRate =
    given.textLearningRate ??
    (text === 'joint'
      ? JOINT_LEARNING_RATE[given.finetuning ?? defaults.finetuning]
      : (given.learningRate ?? defaults.learningRate));
  return {
    text,
    trainHeadlinesPerDay: text === 'joint' ? 4 : 8,
    textLearningRate,
    headLearningRate: textLearningRate,
  };
}

function withoutUndefined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
