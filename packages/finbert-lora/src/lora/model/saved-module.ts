import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../../layers/part.js';
import type { SavedPart } from '../targets/adapter-plan.js';
import { isWithin } from '../targets/plan-adapter.js';
import { exchangeParameter } from './exchange-parameter.js';

/** Variables by their names within a part. */
type Variables = ReadonlyMap<string, tf.Variable>;

/**
 * A part of the model that adapters train whole, each on a copy of its own, which stands in the model while that adapter is
 * at work. A copy takes no memory until it is changed.
 */
export class SavedModule {
  readonly path: string;
  readonly original: Variables;
  readonly copies: Map<string, Variables> = new Map();
  readonly #leaves: SavedPart['leaves'];
  #inPlace: Variables;

  constructor({ path, leaves }: SavedPart) {
    this.path = path;
    this.#leaves = leaves;
    this.original = new Map(places(leaves).map(({ key, variable }) => [key, variable]));
    this.#inPlace = this.original;
  }

  /** Whether a part of the model is this one or within it. */
  holds(path: string): boolean {
    return isWithin(path, this.path);
  }

  /** Begins a copy of the original. */
  add(adapter: string): void {
    const copies = [...this.original].map(([key, variable]) => {
      const name = `${this.path}.modules_to_save.${adapter}.${key}`;
      return [key, parameter(name, tf.clone(variable))] as const;
    });
    this.copies.set(adapter, new Map(copies));
  }

  /** Puts an adapter's copy into the model; the original for null, or where the adapter has none. */
  use(adapter: string | null): void {
    const wanted = (adapter === null ? undefined : this.copies.get(adapter)) ?? this.original;
    if (wanted === this.#inPlace) return;
    for (const { part, name, key } of places(this.#leaves)) exchangeParameter(part, name, wanted.get(key)!);
    this.#inPlace = wanted;
  }

  /** Frees an adapter's copy, which must not be in the model. */
  remove(adapter: string): void {
    for (const variable of this.copies.get(adapter)?.values() ?? []) variable.dispose();
    this.copies.delete(adapter);
  }

  /** Frees whatever is not in the model now: what is there stays for good. */
  settle(): void {
    for (const variables of [this.original, ...this.copies.values()]) {
      if (variables === this.#inPlace) continue;
      for (const variable of variables.values()) variable.dispose();
    }
    this.copies.clear();
  }
}

/** Every parameter of the part: where it is, and its name within the part. */
function places(
  leaves: SavedPart['leaves'],
): { part: Part; name: string; key: string; variable: tf.Variable }[] {
  return [...leaves].flatMap(([within, part]) =>
    [...part.namedParameters()].map(([name, variable]) => {
      return { part, name, key: within === '' ? name : `${within}.${name}`, variable };
    }),
  );
}
