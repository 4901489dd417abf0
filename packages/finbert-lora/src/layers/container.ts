import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';

/** A part of a model: its parameters, and an end to them. */
export interface Part extends Module {
  dispose(): void;
}

/** A part made of parts. Its parameters are theirs, with the names of `parts` before their own. */
export abstract class Container implements Part {
  /** The parts by the names PyTorch's module would have, in its order; a dotted name stands for modules in between. */
  protected abstract parts(): readonly (readonly [string, Part])[];

  namedParameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    for (const [path, part] of this.namedParts()) {
      if (part instanceof Container) continue;
      for (const [name, variable] of part.namedParameters()) parameters.set(`${path}.${name}`, variable);
    }
    return parameters;
  }

  /** Every part at any depth by its full path, such as `encoder.layer.0.attention.self.query`. */
  namedParts(): Map<string, Part> {
    const all = new Map<string, Part>();
    for (const [name, part] of this.parts()) {
      all.set(name, part);
      if (!(part instanceof Container)) continue;
      for (const [path, inner] of part.namedParts()) all.set(`${name}.${path}`, inner);
    }
    return all;
  }

  dispose(): void {
    for (const [, part] of this.parts()) part.dispose();
  }
}
