import type * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../../layers/part.js';

/**
 * Puts another variable of the same shape in the place of a parameter. A backward pass under way keeps the one it began with.
 * Parts hold each parameter in the field of its name.
 */
export function exchangeParameter(part: Part, name: string, variable: tf.Variable): void {
  Object.assign(part, { [name]: variable });
  if (part.namedParameters().get(name) !== variable) {
    throw new TypeError(`the parameter "${name}" of this part is not in a field of that name`);
  }
}
