import { createHash } from 'node:crypto';
import type { ProcessGroup } from '@fin/parallel';
import { RanksDifferError } from '@fin/parallel';
import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { Resumable } from '../checkpoint/checkpoint-options.js';
import { describeDifference } from '../checkpoint/saved-state.js';
import type { HostTensor, Optimizer, OptimizerState } from '../optimizer/optimizer.js';

/** A rank's share of a batch: neighbouring examples, as many as every other rank has, or one more or less. */
export function shareOf(
  indices: Int32Array,
  { rank, worldSize }: ProcessGroup,
): { readonly indices: Int32Array; readonly first: number } {
  const [first, end] = [rank, rank + 1].map((r) => Math.floor((indices.length * r) / worldSize));
  return { indices: indices.subarray(first, end), first };
}

/** @throws {RanksDifferError} unless all ranks have the same settings, those of the data included */
export async function requireSameSettings(group: ProcessGroup, settings: unknown): Promise<void> {
  if (group.worldSize === 1) return;
  const all = await group.allGather(JSON.stringify(settings));
  for (const [rank, text] of all.entries()) {
    const difference = describeDifference(JSON.parse(all[0]), JSON.parse(text), [
      'on rank 0',
      `on rank ${rank}`,
    ]);
    if (difference === null) continue;
    throw new RanksDifferError(
      `the ranks have other settings or data: ${difference}. Start all of them with the same command and the same files`,
    );
  }
}

/** @throws {RanksDifferError} unless all ranks have the same parameters, bit for bit */
export async function requireSameWeights(group: ProcessGroup, module: Module, when: string): Promise<void> {
  if (group.worldSize === 1) return;
  const hash = createHash('sha256');
  for (const [name, variable] of module.namedParameters()) {
    const data = (await variable.data()) as Float32Array;
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const digests = await group.allGather(hash.digest('hex'));
  const others = digests.flatMap((digest, rank) => (digest === digests[0] ? [] : [rank]));
  if (others.length === 0) return;
  throw new RanksDifferError(
    `${others.length === 1 ? 'rank' : 'ranks'} ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} other weights than rank 0 ${when}: ` +
      'use the same model files, the same packages and the same kind of processor on every machine',
  );
}

/** Gives the parameters of rank 0 to all other ranks. */
export async function broadcastWeights(group: ProcessGroup, module: Module): Promise<void> {
  if (group.worldSize === 1) return;
  for (const variable of module.namedParameters().values()) {
    const data = group.rank === 0 ? await variable.data() : new Float32Array(variable.size);
    await group.broadcast(data as Float32Array);
    if (group.rank > 0) assign(variable, data as Float32Array);
  }
}

function assign(variable: tf.Variable, data: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(data, variable.shape, 'float32')));
}

/** Gives the optimizer's state of rank 0 to all other ranks. */
export async function broadcastOptimizer(group: ProcessGroup, optimizer: Optimizer): Promise<void> {
  if (group.worldSize === 1) return;
  const state = group.rank === 0 ? await optimizer.readState() : null;
  const counters = await group.broadcastValue(state?.counters ?? {});
  const tensors = await broadcastTensors(group, state?.tensors ?? new Map());
  if (group.rank > 0) optimizer.restoreState({ counters, tensors } as OptimizerState);
}

/** The tensors of rank 0. */
export async function broadcastTensors(
  group: ProcessGroup,
  tensors: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const about = [...tensors].map(([name, { shape, data }]) => ({
    name,
    shape: [...shape],
    codes: data instanceof Uint8Array,
  }));
  const all = new Map<string, HostTensor>();
  for (const { name, shape, codes } of await group.broadcastValue(about)) {
    const size = tf.util.sizeFromShape(shape);
    const data = tensors.get(name)?.data ?? (codes ? new Uint8Array(size) : new Float32Array(size));
    await group.broadcast(data);
    all.set(name, { shape, data });
  }
  return all;
}

/** Gives states of rank 0 to all other ranks. */
export async function broadcastStates(
  group: ProcessGroup,
  resumables: Readonly<Record<string, Resumable>>,
): Promise<void> {
  const own = Object.fromEntries(
    Object.entries(resumables).map(([name, resumable]) => [name, resumable.state()]),
  );
  const states = await group.broadcastValue(own);
  if (group.rank === 0) return;
  for (const [name, resumable] of Object.entries(resumables)) resumable.restore(states[name]);
}
