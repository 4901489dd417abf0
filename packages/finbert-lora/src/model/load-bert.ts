import type { Module, RandomStream } from '@fin/runtime';
import type { BertConfig } from '../config/bert-config.js';
import { readConfig } from '../config/read-config.js';
import { BertForSequenceClassification } from '../encoder/bert-for-sequence-classification.js';
import { BertInputError } from '../errors.js';
import { loadWeights } from '../load/load-weights.js';
import { BertTokenizer } from '../tokenizer/bert-tokenizer.js';
import { drawFreshWeights } from './draw-fresh-weights.js';
import { emptyStream } from './empty-stream.js';
import { sameLabels } from './same-labels.js';

/** Parts that a checkpoint may lack: what a bare encoder leaves to the task. Without any other weight it is damaged. */
const MAY_BE_NEW = /^(bert\.pooler|classifier)\./;

/** Settings of {@link loadBert}. */
export interface LoadBertOptions {
  /** Where weights that the checkpoint does not have are drawn from. */
  readonly init: RandomStream;
  /**
   * Names of the classes that the model is to have. A checkpoint with a head for exactly these, in whatever order and case,
   * keeps its head and its order; any other gets a fresh head for them in the order given here.
   * @default those of `config.json`
   */
  readonly labels?: readonly string[];
}

/** A model from a folder, and how its weights came about. */
export interface LoadedBert {
  readonly model: BertForSequenceClassification;
  /** Fits the model's vocabulary. */
  readonly tokenizer: BertTokenizer;
  /** Weights that the checkpoint does not have: fresh, and worth nothing before training. */
  readonly newWeights: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unusedTensors: readonly string[];
}

/**
 * Loads a whole model from a folder as Hugging Face lays it out: configuration, tokenizer, weights. The weights are read one
 * tensor at a time, so that no second copy of them is in memory.
 *
 * @returns a model that the caller disposes
 * @throws BertInputError when the parts do not fit each other; CheckpointError, SafetensorsError when a file is damaged
 * @example
 * const { model, tokenizer, newWeights } = await loadBert('all-MiniLM-L6-v2', {
 *   labels: ['positive', 'negative', 'neutral'],
 *   init: randomStreams(1).stream('init'),
 * });
 * console.log(newWeights); // [ 'classifier.weight', 'classifier.bias' ]: a bare encoder has no head
 */
export async function loadBert(dir: string, { init, labels }: LoadBertOptions): Promise<LoadedBert> {
  const stored = readConfig(dir);
  const tokenizer = BertTokenizer.fromDir(dir, { vocabSize: stored.vocabSize });
  const ownHead = labels === undefined || sameLabels(stored.id2label, labels);
  const config: BertConfig = ownHead ? stored : { ...stored, id2label: [...labels] };
  const model = new BertForSequenceClassification(config, { init: emptyStream });
  try {
    const { missing, unused } = await loadWeights(ownHead ? model : withoutHead(model), dir);
    const filled = ownHead ? [] : [...model.namedParameters().keys()].filter(isHead);
    const newWeights = [...missing, ...filled];
    const damaged = newWeights.filter((name) => !MAY_BE_NEW.test(name));
    if (damaged.length > 0) {
      throw new BertInputError(
        `the checkpoint lacks ${damaged.length} weights of the encoder that config.json describes, the first being ${damaged[0]}: they do not belong together, or a file is missing`,
        { file: dir },
      );
    }
    drawFreshWeights(model, newWeights, { init, std: config.initializerRange });
    return { model, tokenizer, newWeights, unusedTensors: unused };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const isHead = (name: string): boolean => name.startsWith('classifier.');

function withoutHead(model: Module): Module {
  return {
    namedParameters: () => new Map([...model.namedParameters()].filter(([name]) => !isHead(name))),
  };
}
