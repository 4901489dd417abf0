import type { NativeDType, TensorHandle } from '@fin/runtime';
import { nativeHandleId, nodeBackend, releaseHandle } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { drawTensorId, engineState } from './engine.js';
import { isLow } from './low-dtype.js';

/** Number of cached casts of activations: query, key and value layers share an input, and both gradients of a product share its dy. */
const RECENT = 3;

/** Casts of smaller tensors are not cached: they cost less than the bookkeeping. */
const WORTH_KEEPING = 4096;

interface Copy {
  /** Id of the source handle. Ids are never reused, and the data of a handle never change. */
  readonly source: number;
  readonly handle: TensorHandle;
}

/**
 * One training step, a forward pass and its backward pass, with the casts made in it. Casts of weights are cached until the step
 * ends, like in torch's autocast cache, and the last few casts of activations too. Assigning a variable gives it a new handle, so
 * a stale cast is never found.
 */
export class Step {
  /** Tensors with a smaller id existed before the step. */
  readonly firstTensorId: number = drawTensorId();
  /** Number of tape nodes already processed. */
  adoptedNodes = 0;
  /** Data ids of low copies by the data id of their source, for tensors saved by several ops. Not owned. */
  readonly lowTwins: Map<object, object> = new Map();
  /** Ids of the outputs of recorded ops. */
  readonly recorded: Set<number> = new Set();
  readonly #weights = new Map<string, TensorHandle>();
  #recent: Copy[] = [];
  #weightIds: ReadonlySet<number> | null = null;
  #released = false;

  /** The cached cast of a handle to a dtype, or null. The step keeps ownership. */
  find(source: number, dtype: NativeDType): TensorHandle | null {
    const weight = this.#weights.get(`${source} ${dtype}`);
    if (weight) return weight;
    return this.#recent.find((copy) => copy.source === source && copy.handle.dtype === dtype)?.handle ?? null;
  }

  /** Takes ownership of a cast: caches it or frees it. */
  take(source: TensorHandle, handle: TensorHandle): void {
    if (!this.#released && isLow(handle.dtype) && this.#isWeight(source.id)) {
      this.#weights.set(`${source.id} ${handle.dtype}`, handle);
    } else if (!this.#released && tf.util.sizeFromShape([...handle.shape]) >= WORTH_KEEPING) {
      this.#recent.push({ source: source.id, handle });
      if (this.#recent.length > RECENT) releaseHandle(this.#recent.shift()!.handle);
    } else {
      releaseHandle(handle);
    }
  }

  /** Frees all casts; later ones are freed at once. */
  release(): void {
    this.#released = true;
    this.lowTwins.clear();
    this.recorded.clear();
    const handles = [...this.#weights.values(), ...this.#recent.map(({ handle }) => handle)];
    this.#weights.clear();
    this.#recent = [];
    for (const handle of handles) releaseHandle(handle);
  }

  /** Whether a handle belongs to a variable. Variables created or assigned during the step count as activations: correct, only not cached. */
  #isWeight(id: number): boolean {
    this.#weightIds ??= variableHandles();
    return this.#weightIds.has(id);
  }
}

function variableHandles(): Set<number> {
  const backend = nodeBackend();
  const ids = new Set<number>();
  if (!backend) return ids;
  for (const variable of Object.values(engineState().registeredVariables)) {
    const id = nativeHandleId(backend, variable.dataId);
    if (id !== null) ids.add(id);
  }
  return ids;
}
