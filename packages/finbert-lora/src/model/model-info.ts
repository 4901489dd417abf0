import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { readJsonFile } from '../read-text-file.js';
import { inspectModel } from './inspect-model.js';
import { isFloatDtype } from './weight-dtype.js';

/** Description of a model folder. */
export interface ModelInfo {
  /** As `config.json` names it, such as `BertModel` or `BertForSequenceClassification`. */
  readonly architecture: string;
  /** Number of elements in all float tensors of the checkpoint. */
  readonly parameters: number;
  /** Type of the weights, `mixed` when there are several. */
  readonly dtype: string;
  /** Classes in the order of the logits; empty for a model without a classifier. */
  readonly labels: readonly string[];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  /** Maximum length of a text in tokens. */
  readonly maxLength: number;
  readonly vocabSize: number;
  /** Format of the checkpoint. */
  readonly format: Checkpoint['format'];
  readonly files: readonly string[];
  /** Length of all tensors in bytes. */
  readonly bytes: number;
  /** Weights of a classifier on this encoder that the checkpoint lacks. */
  readonly missingWeights: readonly string[];
  /** Tensors of the checkpoint that such a classifier has no place for. */
  readonly unusedTensors: readonly string[];
  /** Reasons why `loadBert` refuses the model; empty if it loads. */
  readonly problems: readonly string[];
}

/**
 * Describes a model folder in Hugging Face's layout and runs all checks of `loadBert`. Reads only headers, not weights, and needs
 * no TensorFlow.
 *
 * @throws BertInputError when the configuration does not describe a BERT; CheckpointError, SafetensorsError
 */
export async function modelInfo(dir: string): Promise<ModelInfo> {
  const { config, checkpoint, match, problems } = await inspectModel(dir);
  try {
    const tensors = checkpoint.names().map((name) => checkpoint.info(name));
    const floats = tensors.filter(({ dtype }) => isFloatDtype(dtype));
    const dtypes = [...new Set(floats.map(({ dtype }) => dtype))];
    const hasHead = !match.missing.includes('classifier.weight');
    const { architectures } = readJsonFile(join(dir, 'config.json'));
    const [named] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
    return {
      architecture:
        typeof named === 'string' ? named : hasHead ? 'BertForSequenceClassification' : 'BertModel',
      parameters: floats.reduce((sum, { shape }) => sum + shape.reduce((size, axis) => size * axis, 1), 0),
      dtype: dtypes.length === 1 ? dtypes[0] : dtypes.length === 0 ? 'none' : 'mixed',
      labels: hasHead ? config.id2label : [],
      layers: config.numHiddenLayers,
      hiddenSize: config.hiddenSize,
      heads: config.numAttentionHeads,
      intermediateSize: config.intermediateSize,
      maxLength: config.maxPositionEmbeddings,
      vocabSize: config.vocabSize,
      format: checkpoint.format,
      files: checkpoint.files,
      bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
      missingWeights: match.missing,
      unusedTensors: match.unexpected,
      problems: problems.map(({ message }) => message),
    };
  } finally {
    await checkpoint.close();
  }
}
