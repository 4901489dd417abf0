import type * as tf from '@tensorflow/tfjs-core';

/** What an optimizer and a checkpoint need to know of a model or a part of one. */
export interface Module {
  /** Every parameter by the name PyTorch would give it, such as `encoder.layer.0.attention.self.query.weight`, in PyTorch's order. */
  namedParameters(): Map<string, tf.Variable>;
}
