import * as tf from '@tensorflow/tfjs-core';

/** A model or a part of one, as optimizers and checkpoints see it. */
export interface Module {
  /** All parameters by their PyTorch names, such as `encoder.layer.0.attention.self.query.weight`, in PyTorch's order. */
  namedParameters(): Map<string, tf.Variable>;
}

/**
 * Creates a variable from `value` and disposes `value`. The module that creates it must dispose it.
 *
 * tfjs requires unique variable names in a process, so a number is appended to a name that is taken. The names that matter to
 * users are those of `Module.namedParameters`.
 *
 * @param value initial values, of any shape and dtype
 * @param trainable whether optimizers and gradients without an explicit list of variables include it. @default true
 */
export function parameter<R extends tf.Rank>(
  name: string,
  value: tf.Tensor<R>,
  trainable = true,
): tf.Variable<R> {
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
