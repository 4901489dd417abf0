import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory, randomStreams } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { expect, it } from 'vitest';
import { AdamW, decayGroups, fit } from '../src/index.js';
import type { LineBatch } from './line.js';
import { Line, lineData } from './line.js';

/** Updates of the run. Handles and tensors are counted exactly, so a leak shows after few; the heap needs more. */
const UPDATES = fullTier ? 1000 : 200;

/** Allowed growth of JavaScript's heap between two collections, bytes: compiled code and the like. */
const HEAP_NOISE = 3e6;

it(`trains ${UPDATES} updates without holding more tensors, native handles or heap`, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const line = new Line();
  const optimizer = new AdamW(decayGroups(line, 0.01));
  const readings: { tensors: number; dataBuffers: number; handles: number | undefined; heap: number }[] = [];
  await fit<LineBatch>({
    model: line,
    optimizer,
    data: lineData,
    batchSize: 5,
    gradientAccumulationSteps: 2,
    maxSteps: UPDATES,
    random: randomStreams(1),
    loss: (batch) => line.loss(batch),
    maxGradNorm: 1,
    evaluate: ({ step }) => ({ loss: -step }),
    earlyStopping: { patience: 3 },
    logEvery: 10,
    onEvent: (event) => {
      if (event.type !== 'log' || event.step % (UPDATES / 5) !== 0) return;
      collect();
      const { tensors, dataBuffers, native } = memory();
      readings.push({ tensors, dataBuffers, handles: native?.handles, heap: process.memoryUsage().heapUsed });
    },
  });
  optimizer.dispose();
  line.dispose();

  expect(readings).toHaveLength(5);
  const [, settled, ...later] = readings;
  for (const reading of later) {
    expect(reading).toMatchObject({ ...settled, heap: expect.any(Number) });
    expect(reading.heap - settled.heap).toBeLessThan(HEAP_NOISE);
  }
});
