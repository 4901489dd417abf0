import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { matchStateDict } from '../checkpoint/match-state-dict.js';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import { parseConfig } from '../config/parse-config.js';
import { BertInputError } from '../errors.js';
import { readJsonFile } from '../read-json-file.js';
import { BertTokenizer } from '../tokenizer/bert-tokenizer.js';
import { parameterShapes } from './parameter-shapes.js';
import { isFloatDtype } from './weight-dtype.js';

/** What a model folder holds, without loading it. */
export interface ModelInfo {
  /** As `config.json` names it, such as `BertModel` or `BertForSequenceClassification`. */
  readonly architecture: string;
  /** Numbers in all float tensors of the checkpoint. */
  readonly parameters: number;
  /** Type of the weights, `mixed` when there are several. */
  readonly dtype: string;
  /** Classes in the order of the logits; empty for a model without a classifier. */
  readonly labels: readonly string[];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  /** Longest text in tokens. */
  readonly maxLength: number;
  readonly vocabSize: number;
  /** Kind of the checkpoint's files. */
  readonly format: Checkpoint['format'];
  readonly files: readonly string[];
  /** Length of all tensors in bytes. */
  readonly bytes: number;
  /** Weights of a classifier on this encoder that the checkpoint does not have. */
  readonly missingWeights: readonly string[];
  /** Tensors of the checkpoint that such a classifier has no place for. */
  readonly unusedTensors: readonly string[];
  /** What keeps the model from being used: a tokenizer that is missing or does not fit, weights of another shape. */
  readonly problems: readonly string[];
}

/**
 * Describes the model in a folder as Hugging Face lays it out. Reads headers, no weights, and needs no TensorFlow.
 *
 * @throws BertInputError when the configuration is not that of a BERT; CheckpointError, SafetensorsError
 */
export async function modelInfo(dir: string): Promise<ModelInfo> {
  const file = join(dir, 'config.json');
  const json = readJsonFile(file);
  const config = parseConfig(json, file);
  const checkpoint = await openCheckpoint(dir);
  try {
    const tensors = checkpoint.names().map((name) => checkpoint.info(name));
    const floats = tensors.filter(({ dtype }) => isFloatDtype(dtype));
    const dtypes = [...new Set(floats.map(({ dtype }) => dtype))];
    const match = matchStateDict(parameterShapes(config), checkpoint);
    const hasHead = !match.missing.includes('classifier.weight');
    const [named] = Array.isArray(json.architectures) ? (json.architectures as unknown[]) : [];
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
      problems: [
        ...match.mismatched.map(
          ({ checkpointName, found, expected }) =>
            `${checkpointName} is [${found.join(', ')}] and the configuration wants [${expected.join(', ')}]`,
        ),
        ...tokenizerProblems(dir, config.vocabSize),
      ],
    };
  } finally {
    await checkpoint.close();
  }
}

function tokenizerProblems(dir: string, vocabSize: number): string[] {
  try {
    BertTokenizer.fromDir(dir, { vocabSize });
    return [];
  } catch (error) {
    if (error instanceof BertInputError) return [error.message];
    throw error;
  }
}
