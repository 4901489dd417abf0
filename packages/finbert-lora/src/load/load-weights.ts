import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { matchStateDict } from '../checkpoint/match-state-dict.js';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import { BertInputError } from '../errors.js';

/** What became of a checkpoint's tensors. */
export interface LoadedWeights {
  /** Weights that now hold the checkpoint's values. */
  readonly loaded: readonly string[];
  /** Weights the checkpoint does not have, such as a fresh head: they stay as they were. */
  readonly missing: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unused: readonly string[];
}

/**
 * Fills a model with the weights in a folder as Hugging Face lays it out, one tensor at a time, by the names and the rules
 * of transformers' `from_pretrained`. Half-precision weights are widened to float32.
 *
 * @throws BertInputError when a weight has another shape there, or nothing fits; CheckpointError, SafetensorsError
 * @example
 * const model = new BertForSequenceClassification(readConfig(dir), { init: randomStreams(1).stream('init') });
 * const { missing } = await loadWeights(model, dir); // a bare encoder lacks classifier.weight and classifier.bias
 */
export async function loadWeights(model: Module, folder: string): Promise<LoadedWeights> {
  const parameters = model.namedParameters();
  const shapes = new Map([...parameters].map(([name, variable]) => [name, variable.shape]));
  const checkpoint = await openCheckpoint(folder);
  try {
    const { mapping, missing, unexpected, mismatched } = matchStateDict(shapes, checkpoint);
    const [wrong] = mismatched;
    if (wrong) {
      throw new BertInputError(
        `${wrong.checkpointName} is [${wrong.found.join(', ')}] there and [${wrong.expected.join(', ')}] in the model; read the configuration from the same folder`,
        { file: folder },
      );
    }
    if (mapping.size === 0) {
      throw new BertInputError(`holds none of the model's weights; its first is ${checkpoint.names()[0]}`, {
        file: folder,
      });
    }
    for (const [name, checkpointName] of mapping) {
      const variable = parameters.get(name)!;
      const value = tf.tensor(await checkpoint.readFloat32(checkpointName), variable.shape, 'float32');
      variable.assign(value);
      value.dispose();
    }
    return { loaded: [...mapping.keys()], missing, unused: unexpected };
  } finally {
    await checkpoint.close();
  }
}
