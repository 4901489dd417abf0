import { z } from 'zod';
import type { FieldRules } from '../check-fields.js';
import { checkFields } from '../check-fields.js';
import { BertInputError } from '../errors.js';
import { pythonPattern } from './python-pattern.js';

/** Initial values of an adapter: see {@link LoraConfig.initLoraWeights}. */
export type LoraInit = boolean | 'gaussian';

/** Biases of the base model to train. */
export type LoraBias = 'none' | 'all' | 'lora_only';

const TASK_TYPES = [
  'SEQ_CLS',
  'SEQ_2_SEQ_LM',
  'CAUSAL_LM',
  'TOKEN_CLS',
  'QUESTION_ANS',
  'FEATURE_EXTRACTION',
] as const;

/** PEFT's names for the task of a model. */
export type TaskType = (typeof TASK_TYPES)[number];

/** Settings of an adapter: PEFT's `LoraConfig` in TypeScript's spelling, with its defaults. */
export interface LoraConfig {
  /** Rank: number of columns of B and rows of A. @default 8 */
  readonly r: number;
  /** The update is scaled by `loraAlpha / r`. @default 8 */
  readonly loraAlpha: number;
  /** Dropout before the adapter, in training. @default 0 */
  readonly loraDropout: number;
  /**
   * Linear layers to adapt. A list holds full names, or ends of names after a dot (`query`, `output.dense`). A string is a
   * regular expression for the full name, or `all-linear`: every linear layer but the output layer.
   * @default ['query', 'value']
   */
  readonly targetModules: readonly string[] | string;
  /** Layers to leave out, in the same form. @default null: none */
  readonly excludeModules: readonly string[] | string | null;
  /** Biases to train: none, all of the model, or those of the adapted layers. @default 'none' */
  readonly bias: LoraBias;
  /**
   * Modules that are trained in full, on a copy, and saved with the adapter: every module whose name ends in one of these.
   * For sequence classification `classifier` and `score` are always among them. @default null
   */
  readonly modulesToSave: readonly string[] | null;
  /** Indexes of the layers to adapt, when `targetModules` is a list. @default null: all */
  readonly layersToTransform: readonly number[] | number | null;
  /** Name of the module list that contains the layers, or several names, as regular expressions. @default null: any */
  readonly layersPattern: readonly string[] | string | null;
  /** Ranks of single layers, by a regular expression for the end of the name. The first match counts. @default {} */
  readonly rankPattern: Readonly<Record<string, number>>;
  /** Values of `loraAlpha` of single layers, in the same form. @default {} */
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** Scale by `loraAlpha / √r` (Kalajdzievski, 2023, arXiv 2312.03732). @default false */
  readonly useRslora: boolean;
  /** Learn the length of each row of the weight apart from its direction (Liu et al., 2024, arXiv 2402.09353). @default false */
  readonly useDora: boolean;
  /**
   * `true`: A uniform within ±1/√in and B zero, so that a new adapter changes nothing; `'gaussian'`: A of N(0, 1/r), B zero;
   * `false`: both random, for debugging. @default true
   */
  readonly initLoraWeights: LoraInit;
  /** PEFT task type. @default 'SEQ_CLS' for a model with a classifier, 'FEATURE_EXTRACTION' for a bare encoder */
  readonly taskType: TaskType | null;
  /** Name or folder of the base model, for readers of the file. @default null */
  readonly baseModelNameOrPath: string | null;
}

/** `adapter_config.json`'s name of each setting. */
export const JSON_NAMES: Readonly<Record<keyof LoraConfig, string>> = {
  r: 'r',
  loraAlpha: 'lora_alpha',
  loraDropout: 'lora_dropout',
  targetModules: 'target_modules',
  excludeModules: 'exclude_modules',
  bias: 'bias',
  modulesToSave: 'modules_to_save',
  layersToTransform: 'layers_to_transform',
  layersPattern: 'layers_pattern',
  rankPattern: 'rank_pattern',
  alphaPattern: 'alpha_pattern',
  useRslora: 'use_rslora',
  useDora: 'use_dora',
  initLoraWeights: 'init_lora_weights',
  taskType: 'task_type',
  baseModelNameOrPath: 'base_model_name_or_path',
};

/** Maximum rank: above the width of any layer that {@link BertConfig} allows. Each layer has a lower limit of its own. */
const MAX_RANK = 1_000_000;

/** Maximum number of names or patterns in one setting. Each is compared with every module of the model. */
const MAX_ENTRIES = 10_000;
const MAX_PATTERNS = 1000;

const list = z.array(z.string()).max(MAX_ENTRIES);
const patterns = z.array(z.string()).max(MAX_PATTERNS);
const byPattern = (value: z.ZodType<number>) =>
  z.record(z.string(), value).refine((values) => Object.keys(values).length <= MAX_PATTERNS);
const rank = z.int().min(1).max(MAX_RANK);
const layer = z.int();

const RULES: FieldRules<LoraConfig> = {
  r: [rank, `a whole number from 1 to ${MAX_RANK}`],
  loraAlpha: [z.number(), 'a number'],
  loraDropout: [z.number().min(0).lt(1), 'at least 0 and below 1'],
  targetModules: [list.or(z.string()), `a list of names (at most ${MAX_ENTRIES}) or one regular expression`],
  excludeModules: [
    list.or(z.string()).nullable(),
    `a list of names (at most ${MAX_ENTRIES}), one regular expression or null`,
  ],
  bias: [z.enum(['none', 'all', 'lora_only']), "'none', 'all' or 'lora_only'"],
  modulesToSave: [patterns.nullable(), `a list of names (at most ${MAX_PATTERNS}) or null`],
  layersToTransform: [
    layer.or(z.array(layer).max(MAX_ENTRIES)).nullable(),
    `the index of a layer, a list of them (at most ${MAX_ENTRIES}) or null`,
  ],
  layersPattern: [
    patterns.or(z.string()).nullable(),
    `a list of names (at most ${MAX_PATTERNS}), one name or null`,
  ],
  rankPattern: [byPattern(rank), `ranks by regular expression, at most ${MAX_PATTERNS}`],
  alphaPattern: [byPattern(z.number()), `numbers by regular expression, at most ${MAX_PATTERNS}`],
  useRslora: [z.boolean(), 'true or false'],
  useDora: [z.boolean(), 'true or false'],
  initLoraWeights: [z.boolean().or(z.literal('gaussian')), "true, false or 'gaussian'"],
  taskType: [z.enum(TASK_TYPES).nullable(), `null or one of ${TASK_TYPES.join(', ')}`],
  baseModelNameOrPath: [z.string().nullable(), 'text or null'],
};

/** PEFT 0.21's defaults. */
const LORA_DEFAULTS: LoraConfig = {
  r: 8,
  loraAlpha: 8,
  loraDropout: 0,
  targetModules: ['query', 'value'],
  excludeModules: null,
  bias: 'none',
  modulesToSave: null,
  layersToTransform: null,
  layersPattern: null,
  rankPattern: {},
  alphaPattern: {},
  useRslora: false,
  useDora: false,
  initLoraWeights: true,
  taskType: null,
  baseModelNameOrPath: null,
};

/**
 * Makes the settings of an adapter. Omitted settings have PEFT's defaults.
 *
 * @param file for messages, which then use the file's names of the settings
 * @throws BertInputError naming the setting that is not valid
 * @example
 * const config = createLoraConfig({ r: 16, loraAlpha: 32, targetModules: 'all-linear', useRslora: true });
 */
export function createLoraConfig(settings: Partial<LoraConfig> = {}, file: string | null = null): LoraConfig {
  const config = { ...LORA_DEFAULTS, ...settings };
  checkFields(config, RULES, { file, names: JSON_NAMES });
  const shown = (name: keyof LoraConfig): string => (file === null ? name : JSON_NAMES[name]);
  checkCombinations(config, file, shown);
  for (const [name, pattern] of patternsOf(config)) pythonPattern(pattern, { name: shown(name), file });
  return config;
}

/** Refuses settings that do not fit together. PEFT ignores such settings. */
function checkCombinations(
  { targetModules, layersToTransform, layersPattern }: LoraConfig,
  file: string | null,
  shown: (name: keyof LoraConfig) => string,
): void {
  if (typeof targetModules === 'string' && (layersToTransform !== null || layersPattern !== null)) {
    throw new BertInputError(
      `${shown('layersToTransform')} and ${shown('layersPattern')} need a list as ${shown('targetModules')}; in a regular expression, write the layers into it`,
      { file },
    );
  }
  if (layersPattern !== null && layersPattern.length > 0 && layersToTransform === null) {
    throw new BertInputError(`${shown('layersPattern')} needs ${shown('layersToTransform')}`, { file });
  }
}

function patternsOf(config: LoraConfig): [name: keyof LoraConfig, pattern: string][] {
  const { targetModules, excludeModules, layersPattern, modulesToSave, rankPattern, alphaPattern } = config;
  const named = (
    name: keyof LoraConfig,
    found: readonly string[],
  ): [name: keyof LoraConfig, pattern: string][] => found.map((pattern) => [name, pattern]);
  return [
    ...named('targetModules', typeof targetModules === 'string' ? [targetModules] : []),
    ...named('excludeModules', typeof excludeModules === 'string' ? [excludeModules] : []),
    ...named('layersPattern', typeof layersPattern === 'string' ? [layersPattern] : (layersPattern ?? [])),
    ...named('modulesToSave', modulesToSave ?? []),
    ...named('rankPattern', Object.keys(rankPattern)),
    ...named('alphaPattern', Object.keys(alphaPattern)),
  ];
}
