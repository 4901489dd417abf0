import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFileSync } from '@fin/files';
import { ScoreCacheError } from './score-cache-error.js';
import { decodeRecord, encodeRecord, KEY_BYTES, RECORD_BYTES, textKey } from './score-record.js';

/** File extension of score files. */
const SUFFIX = '.scores';

/** 20 million scores; a larger file is something else. */
const MAX_FILE_BYTES = 2 ** 30;

/**
 * Scores of texts, on disk or in memory only. On disk there is one folder for each way of scoring, with files that are only
 * ever appended to, by the one process that made them, so that any number of processes may score at once and none can spoil
 * the others' files:
 *
 * ```
 * <dir>/<key: sha256 of model and settings>/<process>-<uuid>.scores     records of 48 bytes
 * ```
 *
 * A record that was not written whole, at the end of an interrupted run or anywhere else, has a wrong checksum and is
 * ignored.
 */
export class ScoreCache {
  readonly #folder: string | null;
  readonly #scores = new Map<string, Float32Array>();
  #file: FileHandle | null = null;

  private constructor(folder: string | null) {
    this.#folder = folder;
  }

  /**
   * Reads the cached scores of one model and its settings. Writes nothing yet.
   *
   * @param dir null for scores in memory only
   * @param key digest of everything that decides a score besides the text
   * @throws ScoreCacheError
   */
  static async open(dir: string | null, key: string): Promise<ScoreCache> {
    const folder = dir === null ? null : join(dir, key);
    const cache = new ScoreCache(folder);
    if (folder === null) return cache;
    await guarded(folder, async () => {
      for (const name of await scoreFiles(folder))
        cache.#read(readRegularFileSync(join(folder, name), { maxBytes: MAX_FILE_BYTES }));
    });
    return cache;
  }

  get size(): number {
    return this.#scores.size;
  }

  get(text: string): Float32Array | undefined {
    return this.#scores.get(textKey(text).toString('base64'));
  }

  /**
   * Adds scores. When it returns, the operating system has them, so they survive the end of this process.
   *
   * @throws ScoreCacheError
   */
  async add(entries: readonly (readonly [text: string, scores: Float32Array])[]): Promise<void> {
    if (entries.length === 0) return;
    const records = entries.map(([text, scores]) => {
      const key = textKey(text);
      this.#scores.set(key.toString('base64'), scores);
      return encodeRecord(key, scores);
    });
    const folder = this.#folder;
    if (folder === null) return;
    await guarded(folder, async () => {
      this.#file ??= await createFile(folder);
      await this.#file.appendFile(Buffer.concat(records));
    });
  }

  /** Syncs the scores to the disk, so that they survive a power cut. More can be added afterwards. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (!file) return;
    await guarded(this.#folder!, async () => {
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  #read(bytes: Buffer): void {
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const record = bytes.subarray(at, at + RECORD_BYTES);
      const scores = decodeRecord(record);
      if (scores) this.#scores.set(record.toString('base64', 0, KEY_BYTES), scores);
    }
  }
}

async function scoreFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(SUFFIX)).sort();
}

async function createFile(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  return open(join(folder, `${process.pid}-${randomUUID()}${SUFFIX}`), 'ax');
}

async function guarded(folder: string, act: () => Promise<void>): Promise<void> {
  await act().catch((cause: unknown) => {
    throw new ScoreCacheError(folder, cause);
  });
}
