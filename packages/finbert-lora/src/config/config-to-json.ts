import type { BertConfig } from './bert-config.js';
import { JSON_NAMES } from './parse-config.js';

/** The content of the `config.json` from which transformers makes the same model. */
export function configToJson(
  config: BertConfig,
  architecture: 'BertModel' | 'BertForSequenceClassification',
): Record<string, unknown> {
  const settings = Object.entries(JSON_NAMES).map(([name, jsonName]) => [
    jsonName,
    config[name as keyof BertConfig],
  ]);
  return {
    architectures: [architecture],
    model_type: 'bert',
    ...Object.fromEntries(settings),
    position_embedding_type: 'absolute',
    id2label: Object.fromEntries(config.id2label.map((label, id) => [id, label])),
    label2id: Object.fromEntries(config.id2label.map((label, id) => [label, id])),
  };
}
