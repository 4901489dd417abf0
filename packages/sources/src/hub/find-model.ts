import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelNotCachedError } from '../errors.js';
import type { Environment } from '../http/endpoint.js';
import { CachedModelFolder } from './hub-cache.js';
import { hubSettings } from './hub-settings.js';
import { modelFiles } from './model-files.js';
import { requireModelId } from './model-id.js';

/** A model in the hub cache. */
export interface CachedModel {
  /** Name on the hub. */
  readonly name: string;
  /** Branch, tag or commit that was asked for. */
  readonly revision: string;
  /** Commit that the revision names. */
  readonly commit: string;
  /** Folder with the model's files. */
  readonly dir: string;
}

/**
 * Finds a model in the hub cache, which Python's `huggingface_hub` and `transformers` share. Uses no network.
 *
 * @param id such as `ProsusAI/finbert`, or `ProsusAI/finbert@REVISION`
 * @throws {ModelNotCachedError} when it is not there, or lacks a file that is needed
 * @throws {SourceInputError} when the id cannot be the name of a model
 */
export async function findModel(
  id: string,
  {
    revision: given,
    env,
  }: {
    /** Branch, tag or commit. @default that in the id, else `main` */
    readonly revision?: string;
    /** @default process.env */
    readonly env?: Environment;
  } = {},
): Promise<CachedModel> {
  const { name, revision } = requireModelId(id, given);
  const { cacheDir } = hubSettings(env);
  const cache = new CachedModelFolder(cacheDir, name);
  const commit = await cache.commitOf(revision);
  const dir = commit === null ? null : cache.snapshot(commit);
  if (commit === null || dir === null || !existsSync(dir)) {
    const [other] = await cache.commits();
    throw new ModelNotCachedError(
      other === undefined
        ? `${name} is not in the hub cache ${cacheDir}`
        : `revision ${revision} of ${name} is not in the hub cache ${cacheDir}, only others such as ${name}@${other}`,
    );
  }
  const { problem } = await modelFiles({
    has: (file) => existsSync(join(dir, file)),
    read: (file) => readFile(join(dir, file), 'utf8'),
  });
  if (problem !== null) {
    throw new ModelNotCachedError(`only a part of ${name} is in the hub cache (${dir}): ${problem}`);
  }
  return { name, revision, commit, dir };
}
