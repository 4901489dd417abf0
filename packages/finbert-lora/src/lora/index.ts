export { readLoraConfig } from './adapter-config.js';
export { openAdapter } from './adapter-files.js';
export type { LoraBias, LoraConfig, LoraInit, TaskType } from './lora-config.js';
export { createLoraConfig } from './lora-config.js';
export type { LoraLayer } from './lora-layer.js';
export type { LoraPlusGroup, LoraPlusOptions } from './lora-plus.js';
export { loraPlusGroups } from './lora-plus.js';
export type {
  AdaptableModel,
  FromPretrainedOptions,
  GetPeftModelOptions,
  MergeOptions,
  ParameterCounts,
  SavePretrainedOptions,
} from './peft-model.js';
export { getPeftModel, PeftModel } from './peft-model.js';
