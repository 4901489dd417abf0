import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';
import type { Checkpoint } from './checkpoint.js';
import type { StateDictMatch } from './match-state-dict.js';
import { matchStateDict } from './match-state-dict.js';
import { openCheckpoint } from './open-checkpoint.js';

/** Result of {@link loadStateDict}. */
export interface LoadedStateDict {
  /** Weights that were loaded. */
  readonly loaded: readonly string[];
  /** Weights that the checkpoint lacks, such as those of a new head. They are unchanged. */
  readonly missing: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unused: readonly string[];
}

/**
 * Loads the weights in a model folder (Hugging Face's layout) into a model, one tensor at a time, by the names and rules of
 * transformers' `from_pretrained`. Half-precision weights are widened to float32.
 *
 * @throws BertInputError when a weight has another shape in the checkpoint, or no weight is found; CheckpointError,
 *   SafetensorsError
 * @example
 * const model = new BertForSequenceClassification(readConfig(dir), { init: randomStreams(1).stream('init') });
 * const { missing } = await loadStateDict(model, dir); // a bare encoder lacks classifier.weight and classifier.bias
 */
export async function loadStateDict(model: Module, folder: string): Promise<LoadedStateDict> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await fillModel(model, checkpoint, folder);
  } finally {
    await checkpoint.close();
  }
}

/** {@link loadStateDict} from an open checkpoint. @param folder named in messages */
export async function fillModel(
  model: Module,
  checkpoint: Checkpoint,
  folder: string,
): Promise<LoadedStateDict> {
  const parameters = model.namedParameters();
  const shapes = new Map([...parameters].map(([name, variable]) => [name, variable.shape]));
  const match = matchStateDict(shapes, checkpoint);
  const [problem] = matchProblems(match, checkpoint, folder);
  if (problem) throw problem;
  for (const [name, checkpointName] of match.mapping) {
    const variable = parameters.get(name)!;
    const values = await checkpoint.readFloat32(checkpointName);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
  }
  return { loaded: [...match.mapping.keys()], missing: match.missing, unused: match.unexpected };
}

/** Reasons why a checkpoint does not fit a model: weights of another shape, or no weight of the model at all. */
export function matchProblems(
  { mapping, mismatched }: StateDictMatch,
  checkpoint: Pick<Checkpoint, 'names'>,
  folder: string,
): BertInputError[] {
  const problems = mismatched.map(
    ({ checkpointName, found, expected }) =>
      new BertInputError(
        `${checkpointName} is [${found.join(', ')}] there and [${expected.join(', ')}] in the model; read the configuration from the same folder`,
        { file: folder },
      ),
  );
  if (mapping.size === 0 && problems.length === 0) {
    problems.push(
      new BertInputError(
        `holds none of the model's weights; its first is ${JSON.stringify(checkpoint.names()[0])}`,
        { file: folder },
      ),
    );
  }
  return problems;
}
