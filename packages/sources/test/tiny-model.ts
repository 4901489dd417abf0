import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeHub, HubFile } from '@fin/testkit/fake-hub';
import { startFakeHub } from '@fin/testkit/fake-hub';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { pullWith } from '../src/hub/pull-model.js';
import type { PullEvent, PulledModel, PullOptions } from '../src/index.js';

export const MODEL = 'ProsusAI/finbert';
export const COMMIT: string = 'a1'.repeat(20);
/** A token, and a text to look for where it must not be. */
export const TOKEN = 'hf_secretsecretsecret';

/** Bytes that differ from each other, so that a part in the wrong place is noticed. */
export function bytes(length: number, seed = 1): Buffer {
  const block = (i: number) => createHash('sha256').update(`${seed} ${i}`).digest();
  return Buffer.concat(Array.from({ length: Math.ceil(length / 32) }, (_, i) => block(i))).subarray(
    0,
    length,
  );
}

const text = (content: string): HubFile => ({ content: Buffer.from(content) });
const large = (content: Buffer): HubFile => ({ content, large: true });

export const WEIGHTS: Buffer = bytes(3 * 2 ** 20 + 17);

/** The files of a small model on the hub, with others beside them that are not needed. */
export const FILES: Readonly<Record<string, HubFile>> = {
  '.gitattributes': text('*.bin filter=lfs'),
  'README.md': text('# A model'),
  'config.json': text('{"model_type": "bert"}'),
  'vocab.txt': text('[PAD]\n[UNK]\n'),
  'tokenizer_config.json': text('{}'),
  'model.safetensors': large(WEIGHTS),
  'pytorch_model.bin': large(bytes(1000, 2)),
  'tf_model.h5': large(bytes(1000, 3)),
};

/** Variables of whoever runs the tests that must not reach them. */
const UNSET = { HF_HUB_OFFLINE: '', TRANSFORMERS_OFFLINE: '', HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: '' };

/** What a test has: a hub, an empty cache, and calls of `pullModel` that wait a hundredth of the time. */
export interface Bench {
  readonly hub: FakeHub;
  /** Folder of the cache. */
  readonly cache: string;
  readonly env: Record<string, string>;
  /** Texts of the notes of the last pull. */
  readonly notes: string[];
  pull(options?: PullOptions & { readonly id?: string; readonly idleMs?: number }): Promise<PulledModel>;
  /** Names of all files in the cache. */
  files(): string[];
}

/** Prepares a {@link Bench} before each test of a file. */
export function bench(): Bench {
  let hub: FakeHub;
  let cache: string;
  let notes: string[] = [];
  const made: Bench = {
    get hub() {
      return hub;
    },
    get cache() {
      return cache;
    },
    get env() {
      return { ...UNSET, HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_TOKEN_PATH: join(cache, 'no-token') };
    },
    get notes() {
      return notes;
    },
    pull({ id = MODEL, idleMs = 2000, onEvent, ...options } = {}) {
      notes = [];
      const limits = { retries: 4, delayMs: 1, idleMs, wholeMs: 60_000, longestWaitMs: 3000 };
      return pullWith(limits, id, {
        env: made.env,
        ...options,
        onEvent: (event: PullEvent) => {
          if (event.kind === 'note') notes.push(event.text);
          onEvent?.(event);
        },
      });
    },
    files: () =>
      readdirSync(cache, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => entry.name)
        .sort(),
  };
  beforeAll(async () => {
    hub = await startFakeHub();
  });
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'fin-hub-'));
    hub.requests.length = 0;
    hub.fault = undefined;
    hub.token = undefined;
    hub.addModel(MODEL, { commit: COMMIT, files: FILES });
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));
  afterAll(() => hub.close());
  return made;
}
