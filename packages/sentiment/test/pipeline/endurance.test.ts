import { join } from 'node:path';
import { memory } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { expect, it } from 'vitest';
import { tuneSentiment } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

const folder = temporaryFolder()();

/** Updates between two readings of the memory. */
const INTERVAL = fullTier ? 100 : 20;
const READINGS = fullTier ? 10 : 5;
const UPDATES_PER_EPOCH = 27;

it('trains adapters for many updates without holding more tensors or native handles', async () => {
  const epochs = Math.ceil((READINGS * INTERVAL) / UPDATES_PER_EPOCH);
  const readings: object[] = [];
  await tuneSentiment({
    bank: tinyBank(),
    modelDir: await writeTinyBert(folder, ['one', 'two']),
    runDir: join(folder, 'run'),
    settings: { method: 'lora', batchSize: 4, epochs, patience: epochs },
    onEvent: (event) => {
      if (event.kind !== 'step' || event.done % INTERVAL !== 0) return;
      const { tensors, dataBuffers, native } = memory();
      readings.push({ tensors, dataBuffers, handles: native?.handles });
    },
  });
  expect(readings.length).toBeGreaterThanOrEqual(READINGS);
  const [, settled, ...later] = readings;
  for (const reading of later) expect(reading).toEqual(settled);
});
