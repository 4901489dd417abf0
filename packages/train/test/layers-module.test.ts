import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { layersModule, TrainInputError } from '../src/index.js';

it('a module of a tfjs-layers model computes what the model does, in training as well', () => {
  const net = sequential();
  net.add(layers.dense({ units: 3, inputShape: [4], kernelInitializer: 'ones' }));
  net.add(layers.dropout({ rate: 0.999 }));
  const module = layersModule(net);
  const x = tf.ones([2, 4]);
  expect(Array.from(module.forward(x).dataSync())).toEqual(new Array(6).fill(4));
  expect(Array.from(module.forward(x, { training: true }).dataSync())).not.toEqual(new Array(6).fill(4));
  expect([...module.namedParameters().keys()]).toHaveLength(2);
});

it('a model with two outputs is refused with what to call instead', () => {
  const x = input({ shape: [4] });
  const two = model({
    inputs: x,
    outputs: [layers.dense({ units: 1 }).apply(x), layers.dense({ units: 1 }).apply(x)] as never,
  });
  expect(() => layersModule(two).forward(tf.ones([2, 4]))).toThrow(TrainInputError);
});
