import { SourceInputError } from '../errors.js';

/** Name of a model on the hub, and perhaps one of its revisions. */
export interface ModelId {
  /** Such as `ProsusAI/finbert`, or a single word for the oldest models. */
  readonly name: string;
  /** Branch, tag or commit; null for the default branch, `main`. */
  readonly revision: string | null;
}

/** The default branch of every model on the hub. */
export const DEFAULT_REVISION = 'main';

/** The hub allows no longer names. */
const MAX_NAME = 96;

const WORD = String.raw`[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?`;
const NAME = new RegExp(`^(?:${WORD}/)?${WORD}$`);

/** Names of branches and tags become paths in the cache, so that `..` and an absolute path must not pass. */
const REVISION = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/;

/** A whole commit, as opposed to a name that moves. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/**
 * Parses the name of a model: `ORGANIZATION/MODEL`, with `@REVISION` after it to name a branch, tag or commit. The rules are those of
 * `validate_repo_id` of `huggingface_hub`.
 *
 * @returns null when the text cannot be such a name
 */
export function parseModelId(text: string): ModelId | null {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? null : text.slice(at + 1);
  if (name.length > MAX_NAME || !NAME.test(name) || /--|\.\.|\.git$/.test(name)) return null;
  return revision === null || isRevision(revision) ? { name, revision } : null;
}

/**
 * The model and revision that a caller named, the revision in the name or beside it.
 *
 * @throws {SourceInputError} when either is none, or they contradict each other
 */
export function requireModelId(
  text: string,
  revision?: string,
): { readonly name: string; readonly revision: string } {
  const id = parseModelId(text);
  if (!id) {
    throw new SourceInputError(
      `"${text}" is not the name of a model on the hub: it is written like ProsusAI/finbert`,
    );
  }
  if (revision !== undefined && !isRevision(revision)) {
    throw new SourceInputError(`"${revision}" is not a revision: give a branch, a tag or a commit`);
  }
  if (id.revision !== null && revision !== undefined && id.revision !== revision) {
    throw new SourceInputError(
      `two revisions of ${id.name} are named, ${id.revision} and ${revision}: give one of them`,
    );
  }
  return { name: id.name, revision: id.revision ?? revision ?? DEFAULT_REVISION };
}

const isRevision = (text: string): boolean => REVISION.test(text) && !/\.\.|\.lock$/.test(text);
