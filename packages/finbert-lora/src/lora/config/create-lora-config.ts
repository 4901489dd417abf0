import { checkLoraConfig } from './check-lora-config.js';
import type { LoraConfig } from './lora-config.js';

/** PEFT 0.21's defaults. */
export const LORA_DEFAULTS: LoraConfig = {
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
 * Settings of an adapter; what is left out is PEFT's default.
 *
 * @param file named in messages
 * @throws BertInputError naming the setting that means nothing
 * @example
 * const config = createLoraConfig({ r: 16, loraAlpha: 32, targetModules: 'all-linear', useRslora: true });
 */
export function createLoraConfig(settings: Partial<LoraConfig> = {}, file: string | null = null): LoraConfig {
  const config = { ...LORA_DEFAULTS, ...settings };
  checkLoraConfig(config, file);
  return config;
}
