import * as tf from '@tensorflow/tfjs-core';

/** What an optimizer and a checkpoint need to know of a model or a part of one. */
export interface Module {
  /** Every parameter by the name PyTorch would give it, such as `encoder.layer.0.attention.self.query.weight`, in PyTorch's order. */
  namedParameters(): Map<string, tf.Variable>;
}

/**
 * A variable that holds `value`, which it takes over: `value` is disposed. tfjs wants names to be unique in the process, so a
 * name that is taken gets a number behind it; a module keeps its own names (`Module.namedParameters`). The module that makes
 * it disposes it.
 *
 * @param trainable whether gradients reach it unless a list of variables is given. @default true
 */
export function parameter(name: string, value: tf.Tensor, trainable = true): tf.Variable {
  const variable = tf.variable(value, trainable, freeName(name));
  value.dispose();
  return variable;
}

function freeName(name: string): string {
  const taken = tf.engine().registeredVariables;
  if (!(name in taken)) return name;
  let number = 2;
  while (`${name}#${number}` in taken) number++;
  return `${name}#${number}`;
}
