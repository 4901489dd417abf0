import { SourceUnavailableError } from '../errors.js';
import type { Digest } from '../http/download.js';
import type { HttpClient } from '../http/http-client.js';
import { isCommit } from './model-id.js';

/** A file as the hub lists it. */
export interface ListedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
}

/** Far above the files of any model; a longer list is something else, or does not end. */
const MAX_FILES = 10_000;
const MAX_PAGES = 100;

/**
 * Asks the hub for the commit that a revision names, and for the files of that commit in the folder itself, by name.
 *
 * @throws {SourceInputError | SourceUnavailableError}
 */
export async function listModel(
  client: HttpClient,
  {
    endpoint,
    name,
    revision,
  }: { readonly endpoint: string; readonly name: string; readonly revision: string },
): Promise<{ readonly commit: string; readonly files: ReadonlyMap<string, ListedFile> }> {
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const foreign = (what: string, cause?: unknown) =>
    new SourceUnavailableError(
      `${endpoint} sent ${what}, which the hub does not: check HF_ENDPOINT, and whether a proxy or a login page answers in its place`,
      { cause },
    );
  let pages = 0;
  const fetch: typeof globalThis.fetch = (input) => {
    if (++pages > MAX_PAGES) throw foreign('a list of files without an end');
    return client.get(String(input), (body, { status, headers }) => new Response(body, { status, headers }));
  };
  const common = { hubUrl: endpoint, fetch };
  try {
    const { sha: commit } = await modelInfo({ ...common, name, revision, additionalFields: ['sha'] });
    if (typeof commit !== 'string' || !isCommit(commit)) throw foreign('no commit');
    const files = new Map<string, ListedFile>();
    for await (const entry of listFiles({ ...common, repo: name, revision: commit })) {
      if (entry.type !== 'file') continue;
      const { path, size, oid, lfs } = entry;
      const digest: Digest = lfs
        ? { algorithm: 'sha256', hex: lfs.oid }
        : { algorithm: 'git', hex: oid ?? '' };
      // The digest becomes the name of a file.
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest.hex) || !Number.isSafeInteger(size) || size < 0) {
        throw foreign(`no size or digest of ${JSON.stringify(path)}`);
      }
      files.set(path, { path, size, digest });
      if (files.size > MAX_FILES) throw foreign(`a list of more than ${MAX_FILES} files`);
    }
    return { commit, files };
  } catch (error) {
    // The library reads the answers without checking them.
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw foreign('something else than JSON', error);
    throw error;
  }
}
