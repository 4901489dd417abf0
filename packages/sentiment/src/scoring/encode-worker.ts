import { parentPort, workerData } from 'node:worker_threads';
import type { TokenizerSource } from '@fin/finbert-lora/tokenizer';
import { BertTokenizer } from '@fin/finbert-lora/tokenizer';

/** Data that the thread is started with. */
export interface EncodeWorkerData {
  readonly source: TokenizerSource;
  readonly maxLength: number;
}

/** Message to the thread: texts. */
export type EncodeRequest = readonly string[];

/** Reply: the token ids of all texts, end to end, and where each begins. */
export interface EncodedTexts {
  readonly ids: Int32Array<ArrayBuffer>;
  /** [texts + 1] */
  readonly offsets: Int32Array<ArrayBuffer>;
}

// A thread that tokenizes texts while its parent scores others.
const { source, maxLength } = workerData as EncodeWorkerData;
const tokenizer = BertTokenizer.fromSource(source);
parentPort!.on('message', (texts: EncodeRequest) => {
  const sequences = texts.map((text) => tokenizer.encode(text, { maxLength }));
  const offsets = new Int32Array(texts.length + 1);
  sequences.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i] + length;
  });
  const ids = new Int32Array(offsets[texts.length]);
  for (const [i, sequence] of sequences.entries()) ids.set(sequence, offsets[i]);
  parentPort!.postMessage({ ids, offsets } satisfies EncodedTexts, [ids.buffer, offsets.buffer]);
});
