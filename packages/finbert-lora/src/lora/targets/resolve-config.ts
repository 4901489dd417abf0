import { LinearLayer } from '../../layers/layers.js';
import type { Container } from '../../layers/part.js';
import { createLoraConfig } from '../config/create-lora-config.js';
import type { LoraConfig } from '../config/lora-config.js';

/** What PEFT trains whole in a model for sequence classification, whatever else is asked for. */
const HEADS: readonly string[] = ['classifier', 'score'];

/** Settles what depends on the model: its task, its head, and what `all-linear` stands for. @throws BertInputError */
export function resolveConfig(model: Container, settings: Partial<LoraConfig>): LoraConfig {
  const parts = model.namedParts();
  const head = HEADS.find((name) => parts.has(name)) ?? null;
  const config = createLoraConfig({ taskType: head ? 'SEQ_CLS' : 'FEATURE_EXTRACTION', ...settings });
  const classifies = config.taskType === 'SEQ_CLS';
  const modulesToSave = classifies
    ? [...new Set([...(config.modulesToSave ?? []), ...HEADS])]
    : config.modulesToSave;
  if (typeof config.targetModules !== 'string' || config.targetModules.toLowerCase() !== 'all-linear') {
    return { ...config, modulesToSave };
  }
  const linear = [...parts].filter(([, part]) => part instanceof LinearLayer).map(([path]) => path);
  return {
    ...config,
    modulesToSave,
    targetModules: linear.filter((path) => !(classifies && path === head)),
  };
}
