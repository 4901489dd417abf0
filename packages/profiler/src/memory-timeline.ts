import type { TensorHandle } from '@fin/runtime';
import { elementBytes, nativeHandleId, nativeHandles, nodeBackend } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Categories of native tensors: the variables of tfjs, and others by the phase of training that created them. */
export const memoryCategories = [
  /** Variables, trained and frozen. */
  'weights',
  /** Created while a batch was made, or uploaded from host values during the forward or backward pass. */
  'data',
  /** Created in the forward pass: saved for the backward pass, or temporary. */
  'activations',
  /** Created in the backward pass. */
  'gradients',
  /** The state of the optimizer, and what it creates: new weights before they are assigned, or temporary. */
  'optimizer',
  /** Created outside all phases, or before the profile, such as caches. */
  'other',
] as const;

export type MemoryCategory = (typeof memoryCategories)[number];

/** Bytes of native tensors at one time, those from before the profile included. */
export interface MemorySample {
  /** Time since the start of the profile, µs. */
  readonly time: number;
  readonly bytes: Readonly<Record<MemoryCategory, number>>;
  readonly total: number;
}

const categoryOfPhase: Readonly<Record<string, MemoryCategory>> = {
  data: 'data',
  forward: 'activations',
  backward: 'gradients',
  optimizer: 'optimizer',
};

/** Bytes of a native tensor. */
export function byteSize({ dtype, shape }: TensorHandle): number {
  return tf.util.sizeFromShape([...shape]) * elementBytes(dtype);
}

interface LiveTensor {
  category: MemoryCategory;
  readonly bytes: number;
  /** Number of samples before it was created. */
  readonly since: number;
}

/** Follows the native tensors that exist when a profile begins, and those that are created and released during it. */
export class MemoryTimeline {
  readonly samples: (MemorySample & { readonly bytes: Record<MemoryCategory, number> })[] = [];
  readonly #live = new Map<number, LiveTensor>();
  readonly #bytes = Object.fromEntries(memoryCategories.map((category) => [category, 0])) as Record<
    MemoryCategory,
    number
  >;
  #total = 0;

  /** @param earlier a timeline until now, which knows the categories of some tensors; null if there is none */
  constructor(earlier: MemoryTimeline | null) {
    for (const handle of nativeHandles()) {
      this.#add(handle, earlier ? earlier.#categoryOf(handle.id) : 'other');
    }
    this.findWeights(0);
  }

  /** @param ranges names of the open ranges; the innermost phase decides the category */
  created(handle: TensorHandle, origin: 'op' | 'host', time: number, ranges: readonly string[]): void {
    const phase = ranges.findLast((name) => name in categoryOfPhase);
    const inPhase = origin === 'host' && phase !== 'optimizer' ? 'data' : categoryOfPhase[phase ?? ''];
    if (this.#add(handle, phase === undefined ? 'other' : inPhase) > 0) this.#sample(time);
  }

  /** Moves what the optimizer reads, and no phase has created, to its state. */
  readByOptimizer(inputs: readonly TensorHandle[]): void {
    for (const { id } of inputs) {
      const tensor = this.#live.get(id);
      if (tensor?.category === 'other') this.#move(tensor, 'optimizer');
    }
  }

  /**
   * Moves the variables of tfjs to the weights, from their creation on. Called before and after each update, because an update gives
   * them new tensors, which nothing tells apart from other results of the optimizer before they are assigned.
   */
  findWeights(time: number): void {
    const backend = nodeBackend();
    if (!backend) return;
    for (const { dataId } of Object.values(tf.engine().registeredVariables)) {
      const tensor = this.#live.get(nativeHandleId(backend, dataId) ?? -1);
      if (!tensor || tensor.category === 'weights') continue;
      for (const { bytes } of this.samples.slice(tensor.since)) {
        bytes[tensor.category] -= tensor.bytes;
        bytes.weights += tensor.bytes;
      }
      this.#move(tensor, 'weights');
    }
    this.#sample(time);
  }

  released(id: number, time: number): void {
    const tensor = this.#live.get(id);
    if (!tensor) return;
    this.#live.delete(id);
    if (tensor.bytes === 0) return;
    this.#bytes[tensor.category] -= tensor.bytes;
    this.#total -= tensor.bytes;
    this.#sample(time);
  }

  #move(tensor: LiveTensor, category: MemoryCategory): void {
    this.#bytes[tensor.category] -= tensor.bytes;
    this.#bytes[category] += tensor.bytes;
    tensor.category = category;
  }

  #categoryOf(id: number): MemoryCategory {
    return this.#live.get(id)?.category ?? 'other';
  }

  /** @returns its bytes */
  #add(handle: TensorHandle, category: MemoryCategory): number {
    const bytes = byteSize(handle);
    this.#live.set(handle.id, { category, bytes, since: this.samples.length });
    this.#bytes[category] += bytes;
    this.#total += bytes;
    return bytes;
  }

  #sample(time: number): void {
    this.samples.push({ time, bytes: { ...this.#bytes }, total: this.#total });
  }
}

/** The sample with the most bytes; null when there is none. */
export function peakMemory(samples: readonly MemorySample[]): MemorySample | null {
  return samples.reduce<MemorySample | null>(
    (peak, sample) => (peak === null || sample.total > peak.total ? sample : peak),
    null,
  );
}

/** Samples thinned out evenly to about `most`, with the first, the last and the highest. */
export function thinned(
  samples: readonly MemorySample[],
  peak: MemorySample | null,
  most: number,
): MemorySample[] {
  const step = Math.ceil(samples.length / most);
  return samples.filter((sample, i) => i % step === 0 || i === samples.length - 1 || sample === peak);
}
