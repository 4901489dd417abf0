/** How fresh adapter weights begin: see {@link LoraConfig.initLoraWeights}. */
export type LoraInit = boolean | 'gaussian';

/** Which biases of the base model are trained along. */
export type LoraBias = 'none' | 'all' | 'lora_only';

/** PEFT's names for what a model is for. */
export type TaskType =
  | 'SEQ_CLS'
  | 'SEQ_2_SEQ_LM'
  | 'CAUSAL_LM'
  | 'TOKEN_CLS'
  | 'QUESTION_ANS'
  | 'FEATURE_EXTRACTION';

/** Settings of an adapter: PEFT's `LoraConfig` in TypeScript's spelling, with its defaults. */
export interface LoraConfig {
  /** Rank: width of the two matrices. @default 8 */
  readonly r: number;
  /** The update is scaled by `loraAlpha / r`. @default 8 */
  readonly loraAlpha: number;
  /** Dropout before the adapter, in training. @default 0 */
  readonly loraDropout: number;
  /**
   * Linear layers to adapt. A list holds full names or what they end in after a dot (`query`, `output.dense`); a string is a
   * regular expression that must match the full name, or `all-linear`: every linear layer but the output layer.
   * @default ['query', 'value']
   */
  readonly targetModules: readonly string[] | string;
  /** What is left out of them, in the same language. @default null: nothing */
  readonly excludeModules: readonly string[] | string | null;
  /** Biases to train along: none, all of the model's, or those of the adapted layers. @default 'none' */
  readonly bias: LoraBias;
  /**
   * Parts that are trained whole, on a copy of their own, and saved with the adapter: every part whose name ends in one of
   * these. For sequence classification `classifier` and `score` come along always. @default null
   */
  readonly modulesToSave: readonly string[] | null;
  /** Numbers of the layers to adapt, when `targetModules` is a list. @default null: all */
  readonly layersToTransform: readonly number[] | number | null;
  /** Name of the list the layers are numbered in, or several, as regular expressions. @default null: any */
  readonly layersPattern: readonly string[] | string | null;
  /** Other ranks for some layers, by the end of their names, a regular expression. The first that fits counts. @default {} */
  readonly rankPattern: Readonly<Record<string, number>>;
  /** Other values of `loraAlpha` in the same way. @default {} */
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** Scale by `loraAlpha / √r` (Kalajdzievski, 2023, arXiv 2312.03732). @default false */
  readonly useRslora: boolean;
  /** Learn the length of each row of the weight apart from its direction (Liu et al., 2024, arXiv 2402.09353). @default false */
  readonly useDora: boolean;
  /**
   * `true`: A uniform within ±1/√in, B zero, so that the adapter changes nothing at first; `'gaussian'`: A of N(0, 1/r), B zero;
   * `false`: both random, for debugging. @default true
   */
  readonly initLoraWeights: LoraInit;
  /** @default 'SEQ_CLS' for a model with a classifier, 'FEATURE_EXTRACTION' for a bare encoder */
  readonly taskType: TaskType | null;
  /** Where the base model came from: for the reader of the file. @default null */
  readonly baseModelNameOrPath: string | null;
}
