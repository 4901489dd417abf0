// What is held while a real model is fine-tuned: tensors, native handles and bytes, heap and resident memory, every 100 updates.
//   node --expose-gc bench/endurance.mjs Sentences_50Agree.txt all-MiniLM-L6-v2 [UPDATES] [fp32|bf16|fp16]     LoRA, batches of 8
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSentences } from '@fin/data';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow, memory } from '@fin/runtime';
import { tuneSentiment } from '../dist/index.js';

const BATCH_SIZE = 8;

const [file, modelDir, updates = '1000', precision = 'fp32'] = process.argv.slice(2);
const { backend } = await loadTensorFlow();
if (backend === 'tensorflow') await loadKernels();
const bank = await loadSentences(file);
const folder = await mkdtemp(join(tmpdir(), 'fin-endurance-'));
const stop = new AbortController();
const rows = [];
try {
  await tuneSentiment({
    bank,
    modelDir,
    runDir: join(folder, 'run'),
    settings: { batchSize: BATCH_SIZE, epochs: 8, patience: 8, precision },
    signal: stop.signal,
    onEvent(event) {
      if (event.kind !== 'step') return;
      if (event.done >= Number(updates)) stop.abort();
      if (event.done % 100 !== 0) return;
      globalThis.gc?.();
      const { tensors, dataBuffers, native } = memory();
      const { heapUsed, rss } = process.memoryUsage();
      rows.push({
        update: event.done,
        tensors,
        dataBuffers,
        handles: native?.handles ?? null,
        'native MB': Object.values(native?.bytes ?? {}).reduce((sum, bytes) => sum + bytes, 0) / 1e6,
        'heap MB': heapUsed / 1e6,
        'resident MB': rss / 1e6,
      });
      console.error(JSON.stringify(rows.at(-1)));
    },
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.table(rows);
