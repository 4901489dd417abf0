import { lowBitFormats, PRECISIONS } from '@fin/amp';
import { BertInputError } from '@fin/finbert-lora';
import type { LoraConfig } from '@fin/finbert-lora/lora';
import { createLoraConfig } from '@fin/finbert-lora/lora';
import { describeIssue } from '@fin/run';
import { tuningMethods } from '@fin/sentiment';
import { optimizerNames } from '@fin/train';
import { z } from 'zod';
import type { ForecasterSettings } from './settings.js';
import { forecastTargets, headlineAggregates, poolings, textKinds } from './settings.js';

const size = z.int().min(1).max(1_000_000);
const share = z.number().min(0).lt(1);
const learningRate = z.number().min(0).max(1e3);

/** An object whose unknown fields are refused by name. @param prefix path of the object, with a dot at its end */
function known<Shape extends z.ZodRawShape>(
  prefix: string,
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? noSetting(prefix + issue.keys[0], Object.keys(shape)) : undefined,
  });
}

const noSetting = (name: string, names: readonly string[]): string =>
  `there is no setting ${name}; there are ${names.join(', ')}`;

/** The first problem that {@link forecasterSettingsSchema} found, as a clause that names the setting. */
export function settingsProblem(error: z.ZodError): string {
  const [{ code, message }] = error.issues;
  return code === 'unrecognized_keys' ? message : `the setting ${describeIssue(error)}`;
}

/** Settings of adapters, checked by the package that makes them. */
const lora: z.ZodType<LoraConfig> = z.record(z.string(), z.unknown()).transform((settings, context) => {
  const names = Object.keys(createLoraConfig());
  const unknown = Object.keys(settings).find((name) => !names.includes(name));
  try {
    if (unknown === undefined) return createLoraConfig(settings as Partial<LoraConfig>);
    context.addIssue({
      code: 'unrecognized_keys',
      keys: [unknown],
      input: settings,
      message: noSetting(`lora.${unknown}`, names),
    });
  } catch (error) {
    if (!(error instanceof BertInputError)) throw error;
    context.addIssue(error.message);
  }
  return z.NEVER;
});

/** Schema of {@link ForecasterSettings}, for callers and for the files of a run. */
export const forecasterSettingsSchema: z.ZodType<ForecasterSettings> = known('', {
  seed: z.int().min(0),
  text: z.enum(textKinds),
  prices: z.boolean(),
  model: z.string().min(1).nullable(),
  aggregate: z.enum(headlineAggregates),
  encoder: known('encoder.', {
    hiddenSize: size,
    numHiddenLayers: size,
    numAttentionHeads: size,
    intermediateSize: size,
    vocabularySize: size,
    maxLength: size,
    dropout: share,
  }),
  finetuning: z.enum(tuningMethods),
  lora,
  target: z.enum(forecastTargets),
  window: size,
  lstm: known('lstm.', { hiddenSize: size, numLayers: size, dropout: share, pooling: z.enum(poolings) }),
  fusionSize: size,
  trainHeadlinesPerDay: size.nullable(),
  batchSize: size,
  gradientAccumulationSteps: size,
  epochs: size,
  patience: z.int().min(0),
  learningRate,
  textLearningRate: learningRate,
  headLearningRate: learningRate,
  optimizer: z.enum(optimizerNames).default('adamw'), // runs of earlier versions lack it
  weightDecay: z.number().min(0).max(1e3),
  maxGradNorm: z.number().positive(),
  precision: z.enum(PRECISIONS),
  storage: z.enum(lowBitFormats).nullable().default(null),
}).superRefine(({ text, prices, model, finetuning, storage, target, lstm }, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if ((text === 'scored' || text === 'joint') && model === null) {
    refuse(['model'], `is missing: the text side '${text}' needs the folder of a model`);
  }
  if (storage !== null && !(text === 'joint' && finetuning === 'lora')) {
    refuse(
      ['storage'],
      `is '${storage}': only the encoder under adapters is stored in few bits (text 'joint', finetuning 'lora')`,
    );
  }
  if (text === 'none' && !prices) refuse(['prices'], "is false: without text ('none') nothing is left");
  if (target === 'close' && !prices) {
    refuse(['target'], "is 'close': headlines alone do not tell the level; use 'return', or add prices");
  }
  if (lstm.dropout > 0 && lstm.numLayers === 1) {
    refuse(
      ['lstm', 'dropout'],
      `is ${lstm.dropout}: it acts between layers, so it needs numLayers of 2 or more`,
    );
  }
});
