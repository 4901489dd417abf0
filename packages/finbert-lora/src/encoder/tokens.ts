import type { AttentionPlan } from '@fin/kernels';
import { planAttention, planPaddedAttention } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import { BertInputError } from '../errors.js';
import type { PackedBatch, PaddedBatch, TextsPart } from '../tokenizer/batches.js';

/** A batch as tensors for the encoder. Create it in the `tf.tidy` of the forward pass. */
export interface Tokens {
  /** [tokens] int32, as the next two */
  readonly inputIds: tf.Tensor1D;
  readonly positionIds: tf.Tensor1D;
  readonly tokenTypeIds: tf.Tensor1D;
  /** [n] int32: the row of each text's first token, in the order of the texts. */
  readonly firstTokens: tf.Tensor1D;
  readonly plan: AttentionPlan;
  /** Place of the texts in a larger batch; null for a whole batch. */
  readonly part: TextsPart | null;
}

/** @throws BertInputError if the batch does not fit the model */
export function packedTokens(batch: PackedBatch, config: BertConfig): Tokens {
  const { inputIds, positionIds, tokenTypeIds, offsets, order, size, part = null } = batch;
  checkBatch(inputIds, size === 0 ? 0 : offsets[size] - offsets[size - 1], config);
  const first = new Int32Array(size);
  order.forEach((text, k) => {
    first[text] = offsets[k];
  });
  return {
    ...idTensors(inputIds, positionIds, tokenTypeIds, first),
    plan: planAttention(offsets, { heads: config.numAttentionHeads, hidden: config.hiddenSize }, part),
    part,
  };
}

/** @throws BertInputError if the batch does not fit the model */
export function paddedTokens(batch: PaddedBatch, config: BertConfig): Tokens {
  const { inputIds, tokenTypeIds, attentionMask, size, length } = batch;
  checkBatch(inputIds, length, config);
  const positionIds = Int32Array.from(inputIds, (_, at) => at % length);
  const first = Int32Array.from({ length: size }, (_, row) => row * length);
  const plan = planPaddedAttention(attentionMask, size);
  return { ...idTensors(inputIds, positionIds, tokenTypeIds, first), plan, part: null };
}

function idTensors(
  inputIds: Int32Array,
  positionIds: Int32Array,
  tokenTypeIds: Int32Array,
  first: Int32Array,
) {
  return {
    inputIds: tf.tensor1d(inputIds, 'int32'),
    positionIds: tf.tensor1d(positionIds, 'int32'),
    tokenTypeIds: tf.tensor1d(tokenTypeIds, 'int32'),
    firstTokens: tf.tensor1d(first, 'int32'),
  };
}

function checkBatch(inputIds: Int32Array, longest: number, config: BertConfig): void {
  if (inputIds.length === 0) throw new BertInputError('the batch holds no text');
  if (longest > config.maxPositionEmbeddings) {
    throw new BertInputError(
      `a sequence has ${longest} tokens and the model has ${config.maxPositionEmbeddings} positions: encode with { maxLength: ${config.maxPositionEmbeddings} }`,
    );
  }
  const foreign = inputIds.find((id) => id < 0 || id >= config.vocabSize);
  if (foreign !== undefined) {
    throw new BertInputError(
      `token id ${foreign} is beyond the model's vocabulary of ${config.vocabSize}: the tokenizer belongs to another model`,
    );
  }
}
