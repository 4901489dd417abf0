import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../layers/part.js';
import type { SavedPart } from './plan-adapter.js';
import { isWithin } from './plan-adapter.js';

/** Variables by their names within a module. */
type Variables = ReadonlyMap<string, tf.Variable>;

/**
 * A module that adapters train in full, each on its own copy. The copy of the active adapter takes the original's place in the
 * model. A copy shares the original's memory until it changes.
 */
export class SavedModule {
  readonly path: string;
  readonly original: Variables;
  readonly copies: Map<string, Variables> = new Map();
  readonly #leaves: SavedPart['leaves'];
  /** The variables that are in the model now. */
  #used: Variables;

  constructor({ path, leaves }: SavedPart) {
    this.path = path;
    this.#leaves = leaves;
    this.original = new Map(places(leaves).map(({ key, variable }) => [key, variable]));
    this.#used = this.original;
  }

  /** Whether a part of the model is this module or inside it. */
  holds(path: string): boolean {
    return isWithin(path, this.path);
  }

  /** Makes an adapter's copy of the original. */
  add(adapter: string): void {
    const copies = new Map<string, tf.Variable>();
    this.copies.set(adapter, copies);
    for (const [key, variable] of this.original) {
      const name = `${this.path}.modules_to_save.${adapter}.${key}`;
      copies.set(key, parameter(name, tf.clone(variable)));
    }
  }

  /** Puts an adapter's copy into the model. For null, or an adapter without a copy, puts the original back. */
  use(adapter: string | null): void {
    const wanted = (adapter === null ? undefined : this.copies.get(adapter)) ?? this.original;
    if (wanted === this.#used) return;
    for (const { part, name, key } of places(this.#leaves)) replaceParameter(part, name, wanted.get(key)!);
    this.#used = wanted;
  }

  /** Disposes an adapter's copy, which must not be in use. */
  remove(adapter: string): void {
    for (const variable of this.copies.get(adapter)?.values() ?? []) variable.dispose();
    this.copies.delete(adapter);
  }

  /** Disposes all variables except those in use, which remain in the model. */
  keepUsed(): void {
    for (const variables of [this.original, ...this.copies.values()]) {
      if (variables === this.#used) continue;
      for (const variable of variables.values()) variable.dispose();
    }
    this.copies.clear();
  }
}

/** All parameters of a module, each with the part that holds it and its name within the module. */
function places(
  leaves: SavedPart['leaves'],
): { part: Part; name: string; key: string; variable: tf.Variable }[] {
  return [...leaves].flatMap(([within, part]) =>
    [...part.namedParameters()].map(([name, variable]) => {
      return { part, name, key: within === '' ? name : `${within}.${name}`, variable };
    }),
  );
}

/**
 * Replaces a parameter by another variable of the same shape. A running backward pass keeps the old one. Parts hold each
 * parameter in a field of the same name.
 */
function replaceParameter(part: Part, name: string, variable: tf.Variable): void {
  Object.assign(part, { [name]: variable });
  if (part.namedParameters().get(name) !== variable) {
    throw new TypeError(`the parameter "${name}" of this part is not in a field of that name`);
  }
}
