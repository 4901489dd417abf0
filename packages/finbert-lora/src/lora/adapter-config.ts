import { join } from 'node:path';
import { shownValue } from '../check-fields.js';
import { BertInputError } from '../errors.js';
import { readJsonFile } from '../read-text-file.js';
import type { LoraConfig, LoraInit } from './lora-config.js';
import { createLoraConfig, JSON_NAMES } from './lora-config.js';

type Json = Readonly<Record<string, unknown>>;

/** Version of PEFT whose `adapter_config.json` is written here. */
const PEFT_VERSION = '0.21.2';

/** Fields that do not change what an adapter computes on a BERT. */
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

/** Initializations that do not change the base model. They do not affect a trained adapter. */
const PLAIN_INITS: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal', 'mica'];

/** Settings whose null means PEFT's default. */
const NEVER_NULL: ReadonlySet<string> = new Set(['targetModules', 'rankPattern', 'alphaPattern']);

/** Reads `adapter_config.json` in an adapter's folder. @throws BertInputError naming file and field */
export function readLoraConfig(dir: string): LoraConfig {
  const file = join(dir, 'adapter_config.json');
  return parseLoraConfig(readJsonFile(file), file);
}

/**
 * Reads the content of an `adapter_config.json`. Missing fields get PEFT's defaults.
 *
 * @param file for messages
 * @throws BertInputError when it is not a LoRA adapter, or a variant that this package does not support
 */
export function parseLoraConfig(json: Json, file: string | null = null): LoraConfig {
  if (json.peft_type !== 'LORA') {
    throw new BertInputError(
      `peft_type is ${shownValue(json.peft_type)}; only adapters of type LORA are supported`,
      { file },
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

/** Refuses unknown fields, unless they are empty or disabled. */
function refuseUnsupported(json: Json, file: string | null): void {
  const known = new Set<string>(Object.values(JSON_NAMES));
  for (const [field, value] of Object.entries(json)) {
    if (known.has(field) || WITHOUT_EFFECT.has(field) || isOff(value)) continue;
    throw new BertInputError(
      `${shownValue(field).slice(1, -1)} is ${shownValue(value)}, which is not supported here; merge the adapter into its model with PEFT and load that`,
      { file },
    );
  }
}

function isOff(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}

/**
 * Refuses PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA. They change the base model before training, and PEFT repeats that at every
 * load, so the adapter does not fit the published base model.
 */
function loadedInit(value: unknown, file: string | null): LoraInit {
  if (PLAIN_INITS.includes(value)) return value === 'gaussian' || value === false ? value : true;
  throw new BertInputError(
    `init_lora_weights is ${shownValue(value)}, which changes the base model: save the adapter with PEFT's path_initial_model_for_weight_conversion, which makes plain LoRA of it`,
    { file },
  );
}

/** Defaults of further fields that PEFT writes. They cannot be set here. */
const REST: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  arrow_config: null,
  auto_mapping: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  fan_in_fan_out: false,
  inference_mode: true,
  kasa_config: null,
  layer_replication: null,
  loftq_config: {},
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  monteclora_config: null,
  peft_type: 'LORA',
  peft_version: PEFT_VERSION,
  qalora_group_size: 16,
  revision: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

/** Content of an `adapter_config.json` for this adapter, readable by PEFT: all of PEFT's fields, sorted. */
export function loraConfigToJson(config: LoraConfig): Record<string, unknown> {
  const own = Object.entries(JSON_NAMES).map(([name, jsonName]): [string, unknown] => [
    jsonName,
    config[name as keyof LoraConfig],
  ]);
  const entries = [...Object.entries(REST), ...own];
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
