import { join } from 'node:path';
import { memory } from '@fin/runtime';
import { expect, it } from 'vitest';
import { tuneSentiment } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

const folder = temporaryFolder()();

it('trains adapters for a thousand updates without holding more tensors or native handles', async () => {
  const readings: object[] = [];
  await tuneSentiment({
    bank: tinyBank(),
    modelDir: await writeTinyBert(folder, ['one', 'two']),
    runDir: join(folder, 'run'),
    settings: { method: 'lora', batchSize: 4, epochs: 38, patience: 38 }, // 27 updates each
    onEvent: (event) => {
      if (event.kind !== 'step' || event.done % 100 !== 0) return;
      const { tensors, dataBuffers, native } = memory();
      readings.push({ tensors, dataBuffers, handles: native?.handles });
    },
  });
  expect(readings).toHaveLength(10);
  const [, settled, ...later] = readings;
  for (const reading of later) expect(reading).toEqual(settled);
});
