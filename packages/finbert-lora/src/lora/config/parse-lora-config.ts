import { BertInputError } from '../../errors.js';
import { createLoraConfig } from './create-lora-config.js';
import type { LoraConfig, LoraInit } from './lora-config.js';

type Json = Readonly<Record<string, unknown>>;

/** `adapter_config.json`'s name of each setting. */
const JSON_NAMES: Readonly<Record<keyof LoraConfig, string>> = {
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

/** Fields that say nothing about what the adapter computes on a BERT. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'auto_mapping',
  'eva_config',
  'fan_in_fan_out',
  'inference_mode',
  'loftq_config',
  'megatron_core',
  'peft_type',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
]);

/** Ways to begin that left the base model as it was: what counts now is in the weights. */
const PLAIN_INITS: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal', 'mica'];

/**
 * Reads the content of an `adapter_config.json`. What PEFT may leave out is its default.
 *
 * @param file named in messages
 * @throws BertInputError naming the field, when it is no LoRA adapter or one of a kind that would compute something else here
 */
export function parseLoraConfig(json: Json, file: string | null = null): LoraConfig {
  if (json.peft_type !== 'LORA') {
    throw new BertInputError(
      `peft_type is ${JSON.stringify(json.peft_type)}; only LORA adapters are read here`,
      {
        file,
      },
    );
  }
  refuseUnsupported(json, file);
  const settings: Record<string, unknown> = {};
  for (const [name, jsonName] of Object.entries(JSON_NAMES)) {
    const value = json[jsonName];
    if (value !== undefined && !(value === null && NEVER_NULL.has(name))) settings[name] = value;
  }
  settings.initLoraWeights = loadedInit(json.init_lora_weights ?? true, file);
  return createLoraConfig(settings as Partial<LoraConfig>, file);
}

/** Where null means PEFT's default. */
const NEVER_NULL: ReadonlySet<string> = new Set(['targetModules', 'rankPattern', 'alphaPattern']);

/** A field this package does not know is let by only where it asks for nothing. */
function refuseUnsupported(json: Json, file: string | null): void {
  const known = new Set<string>(Object.values(JSON_NAMES));
  for (const [field, value] of Object.entries(json)) {
    if (known.has(field) || WITHOUT_EFFECT.has(field) || asksForNothing(value)) continue;
    throw new BertInputError(
      `${field} is ${JSON.stringify(value)}, which is not supported here; merge the adapter into its model with PEFT and load that`,
      { file },
    );
  }
}

function asksForNothing(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}

/**
 * PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA change the base model as they begin, and PEFT does so again at every load: with the
 * base model as published the weights in the file mean nothing.
 */
function loadedInit(value: unknown, file: string | null): LoraInit {
  if (PLAIN_INITS.includes(value)) return value === 'gaussian' || value === false ? value : true;
  throw new BertInputError(
    `init_lora_weights is ${JSON.stringify(value)}, which changes the base model: save the adapter with PEFT's path_initial_model_for_weight_conversion, which makes plain LoRA of it`,
    { file },
  );
}
