import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceInputError } from '../errors.js';
import { download } from '../http/download.js';
import type { Environment } from '../http/endpoint.js';
import { HttpClient } from '../http/http-client.js';
import type { Limits } from '../http/limits.js';
import { LIMITS } from '../http/limits.js';
import type { CachedModel } from './find-model.js';
import { findModel } from './find-model.js';
import { CachedModelFolder } from './hub-cache.js';
import { hubRefusal } from './hub-refusal.js';
import { hubSettings, readToken } from './hub-settings.js';
import type { ListedFile } from './list-model.js';
import { listModel } from './list-model.js';
import { modelFiles } from './model-files.js';
import { isCommit, requireModelId } from './model-id.js';
import { waitForLock } from './wait-for-lock.js';

/** What happens during a pull. */
export type PullEvent =
  /** The commit that the revision names. */
  | { readonly kind: 'commit'; readonly commit: string }
  /** Bytes of a file that are there, of its size. */
  | { readonly kind: 'progress'; readonly path: string; readonly done: number; readonly total: number }
  /** A failure after which it goes on, or another process that is waited for. */
  | { readonly kind: 'note'; readonly text: string };

/** Options of {@link pullModel}. */
export interface PullOptions {
  /** Branch, tag or commit. @default that in the id, else `main` */
  readonly revision?: string;
  /** Use the cache alone. @default that of `HF_HUB_OFFLINE` */
  readonly offline?: boolean;
  /** @default process.env */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PullEvent) => void;
}

/** A file of a model that was pulled. */
export interface PulledFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Whether this call fetched it, all or the rest of it; it was in the cache otherwise. */
  readonly fetched: boolean;
}

/** A model that is in the cache now. */
export interface PulledModel extends CachedModel {
  /** Files that belong to it; empty when they were looked up without the hub. */
  readonly files: readonly PulledFile[];
}

/**
 * Fetches a BERT or an adapter from the Hugging Face hub into the cache that Python's `huggingface_hub` shares: configuration,
 * tokenizer, and the weights in one format. A file that is there is not fetched again, and one that was cut is continued.
 *
 * ```
 * revision ── commit ── lock ── list of files ── needed ones ── each: fetch, check size and digest, link ── refs/REVISION
 * ```
 *
 * Reads the environment as Python does: `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`,
 * `HF_HUB_OFFLINE`.
 *
 * @param id such as `ProsusAI/finbert`, or `ProsusAI/finbert@REVISION`
 * @throws {SourceInputError} when there is no such model or revision, it may not be read, or has no files that can be used
 * @throws {ModelNotCachedError} when it is not in the cache, and the network must not be used
 * @throws {SourceUnavailableError} when the hub cannot be reached, or sends another content than it lists
 * @throws {FileWriteError | FolderLockedError} of `@fin/files`
 * @example
 * ```ts
 * const { dir, commit } = await pullModel('ProsusAI/finbert');
 * ```
 */
export async function pullModel(id: string, options: PullOptions = {}): Promise<PulledModel> {
  return pullWith(LIMITS, id, options);
}

/** As {@link pullModel}, with other limits. */
export async function pullWith(limits: Limits, id: string, options: PullOptions): Promise<PulledModel> {
  const { env, signal, onEvent = () => {} } = options;
  const { name, revision } = requireModelId(id, options.revision);
  const settings = hubSettings(env);
  const offline = options.offline ?? settings.offline;
  if (offline || isCommit(revision)) {
    const cached = findModel(name, { revision, env });
    if (offline) return { ...(await cached), files: [] };
    const there = await cached.catch(() => null); // else it is fetched
    if (there) return { ...there, files: [] };
  }
  const note = (text: string) => onEvent({ kind: 'note', text });
  const { endpoint } = settings;
  const token = readToken(env);
  const client = new HttpClient({
    endpoint,
    authorization: token === null ? null : `Bearer ${token}`,
    name,
    refusal: hubRefusal({ name, revision, endpoint, hasToken: token !== null }),
    limits,
    signal,
    onRetry: note,
  });
  const cache = new CachedModelFolder(settings.cacheDir, name);
  const { commit, files } = await listModel(client, { endpoint, name, revision });
  onEvent({ kind: 'commit', commit });
  const lock = await waitForLock(cache.locks, { progress: () => cache.state(), onWait: note, signal });
  try {
    const fetched = new Map<string, boolean>();
    const fetchOne = async (path: string) => {
      const file = files.get(path)!;
      const url = `${endpoint}/${name}/resolve/${commit}/${path}`;
      if (!fetched.has(path))
        fetched.set(path, await ensure(client, cache, commit, { ...file, url }, onEvent));
    };
    const { files: needed, problem } = await modelFiles({
      has: (path) => files.has(path),
      read: async (path) => {
        await fetchOne(path);
        return readFile(join(cache.snapshot(commit), path), 'utf8');
      },
    });
    if (problem !== null) throw unusable(name, commit, problem, [...files.keys()]);
    for (const path of needed) await fetchOne(path);
    await cache.setCommit(revision, commit);
    return {
      name,
      revision,
      commit,
      dir: cache.snapshot(commit),
      files: needed.map((path) => ({ path, size: files.get(path)!.size, fetched: fetched.get(path)! })),
    };
  } finally {
    await lock.release();
  }
}

/** Puts a file into the cache. Returns whether it had to be fetched. */
async function ensure(
  client: HttpClient,
  cache: CachedModelFolder,
  commit: string,
  { path, size, digest, url }: ListedFile & { readonly url: string },
  onEvent: (event: PullEvent) => void,
): Promise<boolean> {
  const onProgress = (done: number) => onEvent({ kind: 'progress', path, done, total: size });
  if (await cache.has(commit, path, size)) {
    onProgress(size);
    return false;
  }
  const isThere = await cache.hasBlob(digest.hex, size);
  if (isThere) onProgress(size);
  else
    await download(client, {
      url,
      name: path,
      file: cache.blob(digest.hex),
      listed: { size, digest },
      onProgress,
    });
  await cache.link(commit, path, digest.hex);
  return !isThere;
}

function unusable(name: string, commit: string, problem: string, files: readonly string[]): SourceInputError {
  const weights = files.filter((file) => /\.(h5|msgpack|onnx|ot|gguf|bin|pt)$/.test(file));
  const others = weights.length === 0 ? '' : `; it has ${weights.slice(0, 6).join(', ')}`;
  return new SourceInputError(`${name} at commit ${commit} cannot be used as a BERT: ${problem}${others}`);
}
