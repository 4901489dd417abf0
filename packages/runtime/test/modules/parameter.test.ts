import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Module } from '../../src/index.js';
import { countTensors, NO_GROWTH, parameter } from '../../src/index.js';

describe('parameter', () => {
  it('takes its value over and is gone when disposed', async () => {
    const growth = await countTensors(() => {
      const weight = parameter('linear.weight', tf.ones([2, 3]));
      expect([weight.shape, weight.trainable, weight.name]).toEqual([[2, 3], true, 'linear.weight']);
      expect([...weight.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
      weight.dispose();
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('survives the tidy it is made in', () => {
    const bias = tf.tidy(() => parameter('bias', tf.zeros([3]), false));
    expect([bias.isDisposed, bias.trainable]).toEqual([false, false]);
    bias.dispose();
  });

  it('gives equal names to two modules and different ones to tfjs', () => {
    const make = (): Module & { dispose(): void } => {
      const weight = parameter('weight', tf.scalar(1));
      return { namedParameters: () => new Map([['weight', weight]]), dispose: () => weight.dispose() };
    };
    const modules = [make(), make(), make()];
    const names = modules.map((module) => module.namedParameters().get('weight')!.name);
    expect(names).toEqual(['weight', 'weight#2', 'weight#3']);
    for (const module of modules) module.dispose();
  });

  it('keeps the name of a disposed parameter free for the next', () => {
    for (let i = 0; i < 3; i++) {
      const variable = parameter('again', tf.scalar(i));
      expect(variable.name).toBe('again');
      variable.dispose();
    }
  });
});
