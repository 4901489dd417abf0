import { attr, castAttrs, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerWeights } from './layer.js';

/**
 * One layer with TensorFlow's `BlockLSTMV2` and `BlockLSTMGradV2`: one op for all time steps forward, one backward. Native only.
 *
 * The V2 ops have the gate order input, forget, cell, output (`IFCO` in TensorFlow's `lstm_ops.h`), like PyTorch, and add nothing
 * to the forget gate, so the weights need no reordering. TensorFlow's kernel [input + hidden, 4 * hidden] consists of PyTorch's
 * two kernels side by side, transposed; its bias is the sum of PyTorch's two.
 */
export function fusedLayer(x: tf.Tensor3D, weights: LayerWeights): tf.Tensor3D {
  const run = tf.customGrad((...args) => {
    const [xs, inputKernel, recurrentKernel, inputBias, recurrentBias] = args as unknown as FusedInputs;
    const save = args[5] as unknown as tf.GradSaveFunc;
    const kernel = tf.transpose(tf.concat2d([inputKernel, recurrentKernel], 1)); // [input + hidden, 4 * hidden]
    const bias = tf.add<tf.Tensor1D>(inputBias, recurrentBias);
    const inputs = blockInputs(xs, kernel, bias);
    const activations = rawOp('BlockLSTMV2', inputs, FORWARD_ATTRS, 7); // i, cs, f, o, ci, co, h: [time, batch, hidden]
    inputs[0].dispose();
    const cells = activations[1] as tf.Tensor3D;
    const hidden = activations[6] as tf.Tensor3D;
    save([xs, kernel, bias, ...activations]);
    const [length, batch, size] = cells.shape;
    const value = tf.concat3d([hidden, tf.slice3d(cells, [length - 1, 0, 0], [1, batch, size])], 0);
    return { value, gradFunc: (dy, saved) => fusedGradient(dy as tf.Tensor3D, saved) };
  });
  const { inputKernel, recurrentKernel, inputBias, recurrentBias } = weights;
  return run(x, inputKernel, recurrentKernel, inputBias, recurrentBias) as tf.Tensor3D;
}

type FusedInputs = [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];

const GRADIENT_ATTRS = { use_peephole: attr.bool(false), T: attr.type('float32') };
const FORWARD_ATTRS = { ...GRADIENT_ATTRS, cell_clip: attr.float(0) };

/** @param dStates gradient of [hidden states; last cell], [time + 1, batch, hidden] */
function fusedGradient(dStates: tf.Tensor3D, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, kernel, bias, ...activations] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D, ...tf.Tensor[]];
  const [length, batch, hidden] = activations[0].shape as [number, number, number];
  const dHidden = tf.slice3d(dStates, [0, 0, 0], [length, batch, hidden]);
  const dLastCell = tf.slice3d(dStates, [length, 0, 0], [1, batch, hidden]);
  const dCells = tf.pad3d(dLastCell, [
    [length - 1, 0],
    [0, 0],
    [0, 0],
  ]); // [time, batch, hidden], zero except at the last time
  const inputs = blockInputs(x, kernel, bias);
  const gradients = rawOp('BlockLSTMGradV2', [...inputs, ...activations, dCells, dHidden], GRADIENT_ATTRS, 8); // x, cs_prev, h_prev, w, wci, wcf, wco, b
  inputs[0].dispose();
  const dKernel = tf.transpose(gradients[3] as tf.Tensor2D); // [4 * hidden, input + hidden]
  const [dInputKernel, dRecurrentKernel] = tf.split(dKernel, [x.shape[2], hidden], 1);
  const dBias = gradients[7];
  return [gradients[0], dInputKernel, dRecurrentKernel, dBias, tf.clone(dBias)];
}

/** The first nine inputs of both ops: length, x, state of zeros, kernel, no peepholes, bias. */
function blockInputs(x: tf.Tensor3D, kernel: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor[] {
  const [length, batch] = x.shape;
  const hidden = bias.shape[0] / 4;
  // Made per call and disposed at once: while an int64 tensor exists, the dispatch chain checks the inputs of every op.
  const sequenceLength = rawOp('Cast', [tf.scalar(length, 'int32')], LENGTH_ATTRS)[0];
  const zeroState = tf.zeros([batch, hidden]);
  const noPeephole = tf.zeros([hidden]);
  return [sequenceLength, x, zeroState, zeroState, kernel, noPeephole, noPeephole, noPeephole, bias];
}

const LENGTH_ATTRS = castAttrs('int32', 'int64');
