import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKaggle, sentimentLabels } from '@fin/data';
import { loadBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { randomStreams } from '@fin/runtime';

/** Headlines per batch, and maximum tokens of one. */
const BATCH_SIZE = 32;
const MAX_LENGTH = 128;

/** Adapters of all systems. */
export const LORA = { r: 8, loraAlpha: 32, loraDropout: 0.05, targetModules: ['query', 'value'] };

/**
 * Writes what all systems read: real headlines as token ids with made-up labels, and the weights that every loss curve starts from.
 *
 * @param data folder of the Kaggle files
 * @param model folder of a BERT
 * @param batches number of batches
 * @returns path of the JSON file, number of tokens, and the folder to remove
 */
export async function writeInputs(data, model, batches) {
  const folder = await mkdtemp(join(tmpdir(), 'fin-peers-'));
  const market = await loadKaggle({ dir: data });
  const texts = market.headlines.array('text');
  const step = Math.floor(texts.length / (batches * BATCH_SIZE));
  const some = Array.from({ length: batches * BATCH_SIZE }, (_, i) => texts[i * step]);
  const init = randomStreams(1).stream('init');
  const loaded = await loadBert(model, { labels: sentimentLabels, init });
  const encode = (text) => [...loaded.tokenizer.encode(text, { maxLength: MAX_LENGTH })];
  const headlines = some.map((text, i) => ({ ids: encode(text), label: i % sentimentLabels.length }));
  const peft = getPeftModel(
    loaded.model,
    { ...LORA, modulesToSave: ['pooler'], taskType: 'SEQ_CLS' },
    { init },
  );
  const start = join(folder, 'start');
  await peft.savePretrained(start);
  peft.dispose();
  const file = join(folder, 'inputs.json');
  await writeFile(file, JSON.stringify({ batchSize: BATCH_SIZE, labels: sentimentLabels, headlines, start }));
  const tokens = headlines.reduce((sum, { ids }) => sum + ids.length, 0);
  return { folder, file, tokens, headlines: headlines.length };
}
