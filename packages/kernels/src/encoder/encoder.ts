import * as tf from '@tensorflow/tfjs-core';
import { composedGelu, gelu } from '../activations.js';
import type { AttentionPlan } from '../attention/attention-plan.js';
import { planAttention } from '../attention/attention-plan.js';
import { composedPackedAttention, packedAttention } from '../attention/packed-attention.js';
import { withoutGradient } from '../differentiable.js';
import type { DropoutOptions } from '../dropout.js';
import { checkDropout, composedDropout, dropout } from '../dropout.js';
import { expectInput } from '../errors.js';
import { composedLayerNorm, layerNorm } from '../layer-norm.js';
import { composedLinear, linear } from '../linear.js';
import { usesFusedOps } from '../state.js';
import type { EncoderLayer, EncoderOptions, LinearParameters, NormParameters } from './encoder-inputs.js';
import { checkLayers } from './encoder-inputs.js';
import { fusedEncoder } from './fused-encoder.js';

/**
 * Layers of a transformer encoder, post-norm with exact GELU (Devlin et al., 2018), on sequences that lie end to end:
 *
 * ```
 * x ── query, key, value ── attention ── attentionOutput ── + x, norm ── intermediate, GELU ── output ── + x, norm ── next layer
 * ```
 *
 * Differentiable with respect to x and all parameters. On native TensorFlow all layers are one op, `FinEncoder`, and their backward
 * pass another, `FinEncoderGrad`. Otherwise the layers run op by op.
 *
 * With dropout, the stream is drawn from in this order, layer by layer: the updates of query, key and value; the attention weights;
 * the update of attentionOutput; its result; the updates of intermediate and output; the result of output. The masks are the same
 * fused and op by op.
 *
 * @param x [tokens, hidden]
 * @param sequences a plan by `planAttention`, or offsets, as for `packedAttention`
 * @returns [tokens, hidden]; float32, or the low dtype under autocast
 * @throws KernelInputError if shapes, heads, offsets or rates do not match, or a gradient is being recorded and weights are for inference
 *   alone (`dynamicInt8Tensor`)
 */
export function encoder(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
): tf.Tensor2D {
  const plan = checkedPlan(x, sequences, layers, options);
  return tf.tidy(() => {
    const { offsets } = plan;
    if (offsets && layers.length > 0 && usesFusedOps())
      return fusedEncoder(x, { ...plan, offsets }, layers, options);
    return compose(x, plan, layers, options, { dropout, gelu, layerNorm, linear, packedAttention });
  });
}

/** Composed twin of {@link encoder}. */
export function composedEncoder(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
): tf.Tensor2D {
  const plan = checkedPlan(x, sequences, layers, options);
  const ops = {
    dropout: composedDropout,
    gelu: composedGelu,
    layerNorm: composedLayerNorm,
    linear: composedLinear,
    packedAttention: composedPackedAttention,
  };
  return tf.tidy(() => compose(x, plan, layers, options, ops));
}

type Ops = {
  readonly dropout: typeof dropout;
  readonly gelu: typeof gelu;
  readonly layerNorm: typeof layerNorm;
  readonly linear: typeof linear;
  readonly packedAttention: typeof packedAttention;
};

function compose(
  x: tf.Tensor2D,
  plan: AttentionPlan,
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
  { dropout, gelu, layerNorm, linear, packedAttention }: Ops,
): tf.Tensor2D {
  const { heads, eps, dropoutStream: stream = null, hiddenDropout = 0, attentionDropout = 0 } = options;
  const rows = plan.part?.tokens;
  const dropoutAt = (rate: number): DropoutOptions | null =>
    stream && rate > 0 ? { rate, stream, rows } : null;
  const project = (input: tf.Tensor2D, { weight, bias, update }: LinearParameters, biased = true) => {
    const base = linear(input, weight, biased ? bias : null);
    if (!update) return base;
    const drop = dropoutAt(update.dropoutRate);
    const low = linear(drop ? dropout(input, drop) : input, update.a);
    return tf.add<tf.Tensor2D>(base, linear(tf.mul(low, update.scaling), update.b));
  };
  const close = (
    input: tf.Tensor2D,
    dense: LinearParameters,
    residual: tf.Tensor2D,
    norm: NormParameters,
  ) => {
    const product = project(input, dense, false);
    const { weight, bias } = norm;
    return layerNorm(product, weight, bias, {
      eps,
      residual,
      bias: dense.bias,
      dropout: dropoutAt(hiddenDropout),
    });
  };
  const constant = options.inputGradient === false && tf.engine().isTapeOn();
  return layers.reduce(
    (input, layer) => {
      const [q, k, v] = [layer.query, layer.key, layer.value].map((part) => project(input, part));
      const context = packedAttention(q, k, v, plan, { heads, dropout: dropoutAt(attentionDropout) });
      const attended = close(context, layer.attentionOutput, input, layer.attentionNorm);
      const { bias } = layer.intermediate;
      const inner = gelu(project(attended, layer.intermediate, false), bias); // [tokens, intermediate]
      return close(inner, layer.output, attended, layer.outputNorm);
    },
    constant ? withoutGradient(() => tf.clone(x)) : tf.clone(x),
  );
}

function checkedPlan(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  layers: readonly EncoderLayer[],
  { heads, hiddenDropout = 0, attentionDropout = 0, dropoutStream = null }: EncoderOptions,
): AttentionPlan {
  checkLayers(x, layers, heads);
  for (const rate of [hiddenDropout, attentionDropout]) {
    checkDropout('encoder', dropoutStream && { rate, stream: dropoutStream });
  }
  const [tokens, hidden] = x.shape;
  const plan = 'sequences' in sequences ? sequences : planAttention(sequences, { heads, hidden });
  expectInput(
    plan.tokens === tokens,
    () => `encoder: the plan is for ${plan.tokens} tokens, but x has ${tokens} rows`,
  );
  return plan;
}
