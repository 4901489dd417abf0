import type { Module, RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { fillModel } from '../checkpoint/load-state-dict.js';
import { emptyStream } from '../empty-stream.js';
import { BertForSequenceClassification } from '../encoder/bert-for-sequence-classification.js';
import type { BertTokenizer } from '../tokenizer/bert-tokenizer.js';
import { inspectModel, isHead } from './inspect-model.js';

/** Settings of {@link loadBert}. */
export interface LoadBertOptions {
  /** Random stream for weights that the checkpoint lacks. */
  readonly init: RandomStream;
  /**
   * Names of the classes. If the checkpoint has a head for exactly these classes, in any order and case, the head and its order
   * are kept. Otherwise the model gets a new head, in the order given here.
   * @default the classes of `config.json`
   */
  readonly labels?: readonly string[];
}

/** A loaded model. */
export interface LoadedBert {
  /** The caller disposes it. */
  readonly model: BertForSequenceClassification;
  readonly tokenizer: BertTokenizer;
  /** Weights that the checkpoint lacks. They are random and must be trained. */
  readonly newWeights: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unusedTensors: readonly string[];
}

/**
 * Loads configuration, tokenizer and weights of a folder in Hugging Face's layout. Weights are read one tensor at a time, so they
 * are in memory only once.
 *
 * @throws BertInputError when the parts do not fit each other, before any weight is allocated; CheckpointError, SafetensorsError
 *   when a file is damaged
 * @example
 * const { model, tokenizer, newWeights } = await loadBert('all-MiniLM-L6-v2', {
 *   labels: ['positive', 'negative', 'neutral'],
 *   init: randomStreams(1).stream('init'),
 * });
 * console.log(newWeights); // [ 'classifier.weight', 'classifier.bias' ]: a bare encoder has no head
 */
export async function loadBert(dir: string, { init, labels }: LoadBertOptions): Promise<LoadedBert> {
  const { config, checkpoint, match, tokenizer, problems } = await inspectModel(dir, labels);
  try {
    if (problems.length > 0 || tokenizer === null) throw problems[0];
    const model = new BertForSequenceClassification(config, { init: emptyStream });
    try {
      const stored = new Set(match.mapping.keys());
      const { unused } = await fillModel(
        stored.has('classifier.weight') ? model : withoutHead(model),
        checkpoint,
        dir,
      );
      const newWeights = [...model.namedParameters().keys()].filter((name) => !stored.has(name));
      drawNewWeights(model, newWeights, { init, std: config.initializerRange });
      return { model, tokenizer, newWeights, unusedTensors: unused };
    } catch (error) {
      model.dispose();
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}

function withoutHead(model: Module): Module {
  return {
    namedParameters: () => new Map([...model.namedParameters()].filter(([name]) => !isHead(name))),
  };
}

/** Initial values of linear layers as in transformers: weights of N(0, std), biases 0. */
function drawNewWeights(
  model: Module,
  names: readonly string[],
  { init, std }: { readonly init: RandomStream; readonly std: number },
): void {
  const parameters = model.namedParameters();
  for (const name of names) {
    const variable = parameters.get(name)!;
    tf.tidy(() =>
      variable.assign(
        name.endsWith('.bias') ? tf.zeros(variable.shape) : init.normal(variable.shape, 0, std),
      ),
    );
  }
}
