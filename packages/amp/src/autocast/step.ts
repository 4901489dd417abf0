import type { NativeDType, TensorHandle } from '@fin/runtime';
import { releaseHandle } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { drawTensorId, engineState } from '../engine/engine.js';
import { handleIdOf, nodeBackend } from '../engine/node-backend.js';
import { isLow } from '../policy/low-dtype.js';

/** Casts of activations that are kept for the next ops: a query, key and value layer share their input, both gradients of a product its dy. */
const RECENT = 3;

/** Below this many elements a cast costs less than the bookkeeping is worth. */
const WORTH_KEEPING = 4096;

interface Copy {
  /** Id of the handle it was cast from. Ids are never used twice, and what a handle holds never changes. */
  readonly source: number;
  readonly handle: TensorHandle;
}

/**
 * A forward pass and its backward pass, and the casts made for them: those of weights until the step ends, as torch's autocast cache
 * has them, and the last few of activations. A variable that is assigned gets a new handle, so a stale cast is never found.
 */
export class Step {
  /** Tensors with a smaller id are older than the step. */
  readonly firstTensorId: number = drawTensorId();
  /** How many nodes of its tape are dealt with. */
  adoptedNodes = 0;
  /** Data of a low copy by the data it was made from, for what is saved by several ops; to be looked up, nothing is owned. */
  readonly lowTwins: Map<object, object> = new Map();
  /** Ids of what ops on the step's tape made. */
  readonly recorded: Set<number> = new Set();
  readonly #weights = new Map<string, TensorHandle>();
  #recent: Copy[] = [];
  #weightIds: ReadonlySet<number> | null = null;
  #released = false;

  /** The cast of that handle to that dtype, if it is still there. It stays this object's. */
  find(source: number, dtype: NativeDType): TensorHandle | null {
    const weight = this.#weights.get(`${source} ${dtype}`);
    if (weight) return weight;
    return this.#recent.find((copy) => copy.source === source && copy.handle.dtype === dtype)?.handle ?? null;
  }

  /** Takes a cast over, to be found again or freed. */
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

  /** Frees every cast. What is taken over later is freed at once. */
  release(): void {
    this.#released = true;
    this.lowTwins.clear();
    this.recorded.clear();
    const handles = [...this.#weights.values(), ...this.#recent.map(({ handle }) => handle)];
    this.#weights.clear();
    this.#recent = [];
    for (const handle of handles) releaseHandle(handle);
  }

  /** Whether the handle is that of a variable. Those made or assigned during the step count as activations: right, just not kept. */
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
    const id = handleIdOf(backend, variable.dataId);
    if (id !== null) ids.add(id);
  }
  return ids;
}
