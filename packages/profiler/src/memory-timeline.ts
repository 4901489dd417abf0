import type { TensorHandle } from '@fin/runtime';
import { elementBytes } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Categories of native tensors, by the phase of training that created them. */
export const memoryCategories = [
  /** Created outside all phases, such as weights and frozen weights that a step replaces. */
  'weights',
  /** Created while a batch was made, or uploaded from host values during a phase. */
  'data',
  /** Created in the forward pass: saved for the backward pass, or temporary. */
  'activations',
  /** Created in the backward pass. */
  'gradients',
  /** Created by the optimizer: its state, new weights, or temporary. */
  'optimizer',
] as const;

export type MemoryCategory = (typeof memoryCategories)[number];

/** Bytes of native tensors at one time. Those from before the profile are not known, and not included. */
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

/** Follows the native tensors that are created and released during a profile. */
export class MemoryTimeline {
  readonly samples: MemorySample[] = [];
  readonly #live = new Map<number, { readonly category: MemoryCategory; readonly bytes: number }>();
  readonly #bytes: Record<MemoryCategory, number> = {
    weights: 0,
    data: 0,
    activations: 0,
    gradients: 0,
    optimizer: 0,
  };
  #total = 0;

  /** @param ranges names of the open ranges; the innermost phase decides the category */
  created(handle: TensorHandle, origin: 'op' | 'host', time: number, ranges: readonly string[]): void {
    const phase = ranges.findLast((name) => name in categoryOfPhase);
    const inPhase = origin === 'host' ? 'data' : categoryOfPhase[phase ?? ''];
    const category = phase === undefined ? 'weights' : inPhase;
    const bytes = byteSize(handle);
    this.#live.set(handle.id, { category, bytes });
    this.#change(category, bytes, time);
  }

  released(id: number, time: number): void {
    const tensor = this.#live.get(id);
    if (!tensor) return;
    this.#live.delete(id);
    this.#change(tensor.category, -tensor.bytes, time);
  }

  #change(category: MemoryCategory, bytes: number, time: number): void {
    if (bytes === 0) return;
    this.#bytes[category] += bytes;
    this.#total += bytes;
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
