import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { composedGelu, gelu } from '../activations.js';
import type { AttentionPlan } from '../attention/attention-plan.js';
import { planAttention } from '../attention/attention-plan.js';
import { composedPackedAttention, packedAttention } from '../attention/packed-attention.js';
import { expectInput } from '../errors.js';
import { composedLayerNorm, layerNorm } from '../layer-norm.js';
import { linear } from '../linear.js';
import { usesFusedOps } from '../state.js';
import { inDType, storageDType } from '../storage.js';

/** Parameters of a linear layer, `x weightᵀ + bias`. */
export interface LinearParameters {
  /** [out, in] */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [out] */
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** Parameters of a layer norm. */
export interface NormParameters {
  /** [hidden]: gamma */
  readonly weight: tf.Variable<tf.Rank.R1>;
  /** [hidden]: beta */
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** Parameters of one layer. */
export interface EncoderLayer {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly attentionOutput: LinearParameters;
  readonly attentionNorm: NormParameters;
  /** hidden → intermediate */
  readonly intermediate: LinearParameters;
  /** intermediate → hidden */
  readonly output: LinearParameters;
  readonly outputNorm: NormParameters;
}

export interface EncoderOptions {
  /** Number of attention heads; divides the columns of x. */
  readonly heads: number;
  /** Added to the variance in the norms. @default 1e-5, as in PyTorch; BERT uses 1e-12 */
  readonly eps?: number;
}

/** The linear layers of a layer, in the order of the native op. */
const LINEARS = ['query', 'key', 'value', 'attentionOutput', 'intermediate', 'output'] as const;
const NORMS = ['attentionNorm', 'outputNorm'] as const;

/**
 * Layers of a transformer encoder, post-norm with exact GELU (Devlin et al., 2018), on sequences that lie end to end:
 *
 * ```
 * x ── query, key, value ── attention ── attentionOutput ── + x, norm ── intermediate, GELU ── output ── + x, norm ── next layer
 * ```
 *
 * On native TensorFlow all layers are one op, `FinEncoder`. It has no backward pass yet: while a gradient is being recorded, the
 * layers run op by op, and everything is differentiable as usual.
 *
 * @param x [tokens, hidden]
 * @param sequences a plan by `planAttention`, or offsets, as for `packedAttention`
 * @returns [tokens, hidden]; float32, or the low dtype under autocast
 * @throws KernelInputError if shapes, heads or offsets do not match
 */
export function encoder(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
): tf.Tensor2D {
  checkShapes(x, layers, options);
  const plan = planOf(x, sequences, options);
  return tf.tidy(() => {
    if (usesEncoderOp() && plan.offsets && layers.length > 0) return fuse(x, plan.offsets, layers, options);
    return compose(x, plan, layers, options, { gelu, layerNorm, packedAttention });
  });
}

/** Composed twin of {@link encoder}. */
export function composedEncoder(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
): tf.Tensor2D {
  checkShapes(x, layers, options);
  const ops = {
    gelu: composedGelu,
    layerNorm: composedLayerNorm,
    packedAttention: composedPackedAttention,
  };
  return tf.tidy(() => compose(x, planOf(x, sequences, options), layers, options, ops));
}

/** Whether `encoder` would run as one op now: the fused ops are in use, and no gradient is being recorded. */
export function usesEncoderOp(): boolean {
  return usesFusedOps() && !tf.engine().isTapeOn();
}

function fuse(
  x: tf.Tensor2D,
  offsets: Int32Array,
  layers: readonly EncoderLayer[],
  { heads, eps = 1e-5 }: EncoderOptions,
): tf.Tensor2D {
  const dtype = storageDType([x]);
  const input = dtype === 'bfloat16' ? x : inDType(x, 'float32');
  const weights = layers.flatMap((layer) => LINEARS.map((name) => layer[name].weight));
  const vectors = layers.flatMap((layer) => [
    ...LINEARS.map((name) => layer[name].bias),
    ...NORMS.map((name) => layer[name].weight),
    ...NORMS.map((name) => layer[name].bias),
  ]);
  const attrs = {
    // Autocast may change it. The op converts x and the weights by itself.
    T: attr.type('float32'),
    X: attr.type(dtype ?? 'float32'),
    N: attr.int(weights.length),
    M: attr.int(vectors.length),
    heads: attr.int(heads),
    scale: attr.float(1 / Math.sqrt(x.shape[1] / heads)),
    epsilon: attr.float(eps),
  };
  const inputs = [
    input,
    tf.tensor1d(offsets, 'int32'),
    ...weights,
    ...vectors.map((v) => inDType(v, 'float32')),
  ];
  return rawOp('FinEncoder', inputs, attrs)[0] as tf.Tensor2D;
}

type Ops = {
  readonly gelu: typeof gelu;
  readonly layerNorm: typeof layerNorm;
  readonly packedAttention: typeof packedAttention;
};

function compose(
  x: tf.Tensor2D,
  plan: AttentionPlan,
  layers: readonly EncoderLayer[],
  { heads, eps }: EncoderOptions,
  { gelu, layerNorm, packedAttention }: Ops,
): tf.Tensor2D {
  const project = (input: tf.Tensor2D, { weight, bias }: LinearParameters) => linear(input, weight, bias);
  const close = (
    input: tf.Tensor2D,
    { weight, bias }: LinearParameters,
    residual: tf.Tensor2D,
    norm: NormParameters,
  ) => layerNorm(linear(input, weight), norm.weight, norm.bias, { eps, residual, bias });
  return layers.reduce((input, layer) => {
    const [q, k, v] = [layer.query, layer.key, layer.value].map((part) => project(input, part));
    const context = packedAttention(q, k, v, plan, { heads });
    const attended = close(context, layer.attentionOutput, input, layer.attentionNorm);
    const inner = gelu(linear(attended, layer.intermediate.weight), layer.intermediate.bias); // [tokens, intermediate]
    return close(inner, layer.output, attended, layer.outputNorm);
  }, tf.clone(x));
}

function planOf(
  x: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  { heads }: EncoderOptions,
): AttentionPlan {
  const [tokens, hidden] = x.shape;
  const plan = 'sequences' in sequences ? sequences : planAttention(sequences, { heads, hidden });
  expectInput(
    plan.tokens === tokens,
    () => `encoder: the plan is for ${plan.tokens} tokens, but x has ${tokens} rows`,
  );
  return plan;
}

function checkShapes(x: tf.Tensor2D, layers: readonly EncoderLayer[], { heads }: EncoderOptions): void {
  expectInput(x.rank === 2, () => `encoder: x must be [tokens, hidden], not [${x.shape}]`);
  const hidden = x.shape[1];
  expectInput(
    Number.isInteger(heads) && heads > 0 && hidden > 0 && hidden % heads === 0,
    () => `encoder: ${hidden} columns cannot be divided among ${heads} heads`,
  );
  const intermediate = layers[0]?.intermediate.weight.shape[0];
  for (const [i, layer] of layers.entries()) {
    for (const name of LINEARS) {
      const { weight, bias } = layer[name];
      const out = name === 'intermediate' ? intermediate : hidden;
      const wanted = [out, name === 'output' ? intermediate : hidden];
      expectInput(
        `${weight.shape}` === `${wanted}` && `${bias.shape}` === `${out}`,
        () =>
          `encoder: ${name} of layer ${i} has the shapes [${weight.shape}] and [${bias.shape}] where [${wanted}] and [${out}] are needed`,
      );
    }
    for (const name of NORMS) {
      const { weight, bias } = layer[name];
      expectInput(
        `${weight.shape}` === `${hidden}` && `${bias.shape}` === `${hidden}`,
        () =>
          `encoder: ${name} of layer ${i} has the shapes [${weight.shape}] and [${bias.shape}] where [${hidden}] is needed`,
      );
    }
  }
}
