import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import type { EncodedTexts, EncodeRequest, EncodeWorkerData } from './encode-worker.js';

/** Texts per part: seconds of scoring, and some ten batches of texts of similar length. */
export const TEXTS_PER_PART = 4096;

/** Compiled program of the worker thread. */
const PROGRAM: string = join(
  dirname(createRequire(import.meta.url).resolve('@fin/sentiment/package.json')),
  'dist/scoring/encode-worker.js',
);

/** Settings of {@link encodeTexts}. */
export interface EncodeTextsOptions {
  /** Maximum tokens per text. */
  readonly maxLength: number;
  readonly signal?: AbortSignal;
}

/** Token ids of neighbouring texts. */
export interface EncodedPart {
  /** Index of the first text. */
  readonly first: number;
  readonly sequences: readonly Int32Array[];
}

/**
 * Token ids of texts, part by part. While the caller works with one part, a worker thread makes the next; the first part is made here,
 * and the worker starts meanwhile.
 */
export async function* encodeTexts(
  tokenizer: BertTokenizer,
  texts: readonly string[],
  { maxLength, signal }: EncodeTextsOptions,
): AsyncGenerator<EncodedPart> {
  const part = (first: number) => texts.slice(first, first + TEXTS_PER_PART);
  const worker = texts.length > TEXTS_PER_PART ? startWorker({ source: tokenizer.source, maxLength }) : null;
  try {
    let next = worker?.encode(part(TEXTS_PER_PART));
    yield { first: 0, sequences: part(0).map((text) => tokenizer.encode(text, { maxLength })) };
    for (let first = TEXTS_PER_PART; next; first += TEXTS_PER_PART) {
      const sequences = await next;
      signal?.throwIfAborted();
      const following = first + TEXTS_PER_PART;
      next = following < texts.length ? worker?.encode(part(following)) : undefined;
      yield { first, sequences };
    }
  } finally {
    await worker?.stop();
  }
}

function startWorker(workerData: EncodeWorkerData) {
  const thread = new Worker(PROGRAM, { workerData });
  return {
    encode(texts: EncodeRequest): Promise<Int32Array[]> {
      thread.postMessage(texts);
      const reply = once(thread, 'message').then(([{ ids, offsets }]: EncodedTexts[]) =>
        texts.map((_, i) => ids.subarray(offsets[i], offsets[i + 1])),
      );
      reply.catch(() => undefined); // Whoever awaits it gets the error; nobody does after an abort.
      return reply;
    },
    stop: () => thread.terminate(),
  };
}
