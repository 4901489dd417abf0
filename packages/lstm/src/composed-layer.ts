import * as tf from '@tensorflow/tfjs-core';
import type { LayerWeights } from './layer.js';

/**
 * One layer composed of tfjs ops, for any backend; the same results as `fusedLayer`.
 *
 * The input's part of the gates is one matrix product for all time steps. The backward pass is written out for the whole sequence instead of
 * left to tfjs's tape: parts that do not depend on the next time step are computed for all steps at once, which leaves nine small ops per
 * step, and each weight's gradient is one product.
 */
export function composedLayer(x: tf.Tensor3D, weights: LayerWeights): tf.Tensor3D {
  const run = tf.customGrad((...args) => {
    const [xs, inputKernel, recurrentKernel, inputBias, recurrentBias] = args as unknown as ComposedInputs;
    const save = args[5] as unknown as tf.GradSaveFunc;
    const trace = forward(xs, inputKernel, recurrentKernel, tf.add(inputBias, recurrentBias));
    save([xs, inputKernel, recurrentKernel, trace.gates, trace.cells, trace.hidden]);
    const last = tf.slice3d(trace.cells, [xs.shape[0] - 1, 0, 0], [1, -1, -1]);
    const value = tf.concat3d([trace.hidden, last], 0);
    return { value, gradFunc: (dy, saved) => backward(dy as tf.Tensor3D, saved) };
  });
  const { inputKernel, recurrentKernel, inputBias, recurrentBias } = weights;
  return run(x, inputKernel, recurrentKernel, inputBias, recurrentBias) as tf.Tensor3D;
}

type ComposedInputs = [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];

/** Results of the forward pass that the backward pass needs. */
interface Trace {
  /** Activated gates, [time, batch, 4 * hidden] in the order input, forget, cell, output. */
  readonly gates: tf.Tensor3D;
  /** [time, batch, hidden] */
  readonly cells: tf.Tensor3D;
  /** [time, batch, hidden] */
  readonly hidden: tf.Tensor3D;
}

function forward(
  x: tf.Tensor3D,
  inputKernel: tf.Tensor2D,
  recurrentKernel: tf.Tensor2D,
  bias: tf.Tensor1D,
): Trace {
  const [length, batch, inputSize] = x.shape;
  const size = recurrentKernel.shape[1];
  const flat = tf.reshape(x, [length * batch, inputSize]);
  const projected = tf.add(tf.matMul(flat, inputKernel, false, true), bias);
  const inputGates = tf.unstack(tf.reshape(projected, [length, batch, 4 * size])); // time x [batch, 4 * hidden]
  const gates: tf.Tensor[] = [];
  const cells: tf.Tensor[] = [];
  const hidden: tf.Tensor2D[] = [];
  for (let time = 0; time < length; time++) {
    const sum =
      time === 0
        ? inputGates[0]
        : tf.add(inputGates[time], tf.matMul(hidden[time - 1], recurrentKernel, false, true));
    const inputForget = tf.sigmoid(tf.slice(sum, [0, 0], [batch, 2 * size]));
    const candidate = tf.tanh(tf.slice(sum, [0, 2 * size], [batch, size]));
    const output = tf.sigmoid(tf.slice(sum, [0, 3 * size], [batch, size]));
    const [input, forget] = tf.split(inputForget, 2, 1);
    const gained = tf.mul(input, candidate);
    const cell = time === 0 ? gained : tf.add(tf.mul(forget, cells[time - 1]), gained);
    gates.push(tf.concat([inputForget, candidate, output], 1));
    cells.push(cell);
    hidden.push(tf.mul(output, tf.tanh(cell)));
  }
  return {
    gates: tf.stack(gates) as tf.Tensor3D,
    cells: tf.stack(cells) as tf.Tensor3D,
    hidden: tf.stack(hidden) as tf.Tensor3D,
  };
}

/** @param dStates gradient of [hidden states; last cell], [time + 1, batch, hidden] */
function backward(dStates: tf.Tensor3D, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, inputKernel, recurrentKernel, gates, cells, hidden] = saved as [
    tf.Tensor3D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor3D,
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  const [length, batch, size] = cells.shape;
  const rows = length * batch;
  const slopes = gateSlopes(gates, cells);
  const dHiddenOutside = tf.unstack(dStates); // the last one is the gradient of the last cell
  let dCell = dHiddenOutside[length] as tf.Tensor2D;
  let dHidden = dHiddenOutside[length - 1] as tf.Tensor2D;
  const dGates: tf.Tensor2D[] = new Array(length);
  for (let time = length - 1; time >= 0; time--) {
    dCell = tf.add(dCell, tf.mul(dHidden, slopes.hiddenToCell[time]));
    const dOutput = tf.mul(dHidden, slopes.hiddenToOutput[time]);
    const dOthers = tf.mul(tf.concat([dCell, dCell, dCell], 1), slopes.cellToGates[time]);
    dGates[time] = tf.concat([dOthers, dOutput], 1) as tf.Tensor2D; // [batch, 4 * hidden]
    if (time > 0) {
      dCell = tf.mul(dCell, slopes.forget[time]);
      dHidden = tf.add(dHiddenOutside[time - 1], tf.matMul(dGates[time], recurrentKernel));
    }
  }
  const dSums = tf.concat(dGates, 0); // [time * batch, 4 * hidden]
  const dX = tf.reshape(tf.matMul(dSums, inputKernel), x.shape);
  const dInputKernel = tf.matMul(dSums, tf.reshape(x, [rows, x.shape[2]]), true, false);
  const before = tf.concat([tf.zeros([batch, size]), tf.reshape(hidden, [rows, size])], 0); // h_{t-1} for each row of dSums
  const dRecurrentKernel = tf.matMul(dSums, tf.slice(before, [0, 0], [rows, size]), true, false);
  const dBias = tf.sum(dSums, 0);
  return [dX, dInputKernel, dRecurrentKernel, dBias, tf.clone(dBias)];
}

/** Derivatives per time step, computed for the whole sequence at once. */
interface GateSlopes {
  /** dh -> dc: o (1 - tanh² c) */
  readonly hiddenToCell: tf.Tensor[];
  /** dh -> the output gate's sum: tanh c · o (1 - o) */
  readonly hiddenToOutput: tf.Tensor[];
  /** dc -> the sums of the input, forget and cell gates, [batch, 3 * hidden] */
  readonly cellToGates: tf.Tensor[];
  /** dc at t -> dc at t - 1 */
  readonly forget: tf.Tensor[];
}

function gateSlopes(gates: tf.Tensor3D, cells: tf.Tensor3D): GateSlopes {
  const [length, batch, size] = cells.shape;
  const [input, forget, candidate, output] = tf.split(gates, 4, 2);
  const squashed = tf.tanh(cells);
  const one = tf.scalar(1);
  const cellsBefore = tf.concat(
    [tf.zeros([1, batch, size]), tf.slice(cells, [0, 0, 0], [length - 1, batch, size])],
    0,
  );
  const sigmoidSlope = (gate: tf.Tensor) => tf.mul(gate, tf.sub(one, gate));
  const tanhSlope = (gate: tf.Tensor) => tf.sub(one, tf.square(gate));
  return {
    hiddenToCell: tf.unstack(tf.mul(output, tanhSlope(squashed))),
    hiddenToOutput: tf.unstack(tf.mul(squashed, sigmoidSlope(output))),
    cellToGates: tf.unstack(
      tf.concat(
        [
          tf.mul(candidate, sigmoidSlope(input)),
          tf.mul(cellsBefore, sigmoidSlope(forget)),
          tf.mul(input, tanhSlope(candidate)),
        ],
        2,
      ),
    ),
    forget: tf.unstack(forget),
  };
}
