import { join } from 'node:path';
import { shownValue } from '../check-fields.js';
import { BertInputError } from '../errors.js';
import { readJsonFile } from '../read-text-file.js';
import type { BertConfig } from './bert-config.js';
import { createConfig, JSON_NAMES, MAX_LABELS } from './bert-config.js';

type Json = Readonly<Record<string, unknown>>;

/** Supported values of fields. With other values this package would compute wrong results. */
const SUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  model_type: [undefined, 'bert'],
  position_embedding_type: [undefined, 'absolute'],
  is_decoder: [undefined, false],
  add_cross_attention: [undefined, false],
};

/** Other names in transformers for the functions of {@link HiddenAct}. */
const SAME_ACTIVATION: Readonly<Record<string, BertConfig['hiddenAct']>> = {
  gelu_python: 'gelu',
  gelu_pytorch_tanh: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_accurate: 'gelu_new',
};

/** Reads `config.json` in a model's folder. @throws BertInputError naming file and field */
export function readConfig(dir: string): BertConfig {
  const file = join(dir, 'config.json');
  return parseConfig(readJsonFile(file), file);
}

/**
 * Reads the content of a `config.json`. Missing fields get transformers' defaults. As in transformers, `id2label` names the
 * classes, and `label2id` is ignored.
 *
 * @param file for messages
 * @throws BertInputError when it does not describe a BERT encoder
 */
export function parseConfig(json: Json, file: string | null = null): BertConfig {
  for (const [name, values] of Object.entries(SUPPORTED)) {
    if (values.includes(json[name])) continue;
    throw new BertInputError(
      `${name} is ${shownValue(json[name])}; only BERT encoders with absolute positions are supported`,
      { file },
    );
  }
  const settings: Record<string, unknown> = {};
  for (const [name, jsonName] of Object.entries(JSON_NAMES)) {
    if (json[jsonName] !== undefined) settings[name] = json[jsonName];
  }
  const { hiddenAct } = settings;
  if (typeof hiddenAct === 'string' && Object.hasOwn(SAME_ACTIVATION, hiddenAct)) {
    settings.hiddenAct = SAME_ACTIVATION[hiddenAct];
  }
  const labels = labelsOf(json, file);
  if (labels === null) delete settings.id2label;
  else settings.id2label = labels;
  return createConfig(settings as Partial<BertConfig>, file);
}

/** Names of the classes: from `id2label`, else LABEL_0, LABEL_1, … up to `num_labels`. Null if neither is given. */
function labelsOf({ id2label, num_labels: count }: Json, file: string | null): string[] | null {
  const refuse = (message: string): never => {
    throw new BertInputError(message, { file });
  };
  if (count !== undefined && count !== null) {
    if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > MAX_LABELS) {
      refuse(`num_labels is ${shownValue(count)}; it must be a whole number from 1 to ${MAX_LABELS}`);
    }
  }
  if (id2label === undefined || id2label === null) {
    return typeof count === 'number' ? Array.from({ length: count }, (_, id) => `LABEL_${id}`) : null;
  }
  if (typeof id2label !== 'object' || Array.isArray(id2label)) {
    return refuse(`id2label is ${shownValue(id2label)}; it must name each class by its number`);
  }
  const named = id2label as Json;
  const size = Object.keys(named).length;
  if (typeof count === 'number' && count !== size) {
    refuse(`num_labels is ${count}, but id2label names ${size} classes: correct one of them`);
  }
  const labels = Array.from({ length: size }, (_, id) => named[id]);
  if (labels.some((label) => typeof label !== 'string')) {
    refuse(`id2label names ${size} classes, but not the ids 0 to ${size - 1}`);
  }
  return labels as string[];
}

/** Content of a `config.json` for this model, readable by transformers. */
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
