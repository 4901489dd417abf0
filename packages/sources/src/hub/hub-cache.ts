import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { asFileWriteError, makeFolder, writeFileAtomically } from '@fin/files';
import { isCommit } from './model-id.js';

/** Errors of systems and disks without symbolic links, and of Windows without the right to make them. */
const NO_SYMLINKS = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

/**
 * The folder of one model in the hub cache, in the layout of Python's `huggingface_hub`:
 *
 * ```
 * models--ProsusAI--finbert/
 *   refs/main                     the commit of a branch or tag
 *   blobs/DIGEST                  content, named by its sha256 (large files) or by git's object id
 *   snapshots/COMMIT/config.json  a relative link to the blob
 * ```
 */
export class CachedModelFolder {
  readonly root: string;
  /** Folder that is locked while files are fetched. Python keeps its locks there, too. */
  readonly locks: string;

  constructor(cacheDir: string, name: string) {
    const folder = ['models', ...name.split('/')].join('--');
    this.root = join(cacheDir, folder);
    this.locks = join(cacheDir, '.locks', folder);
  }

  snapshot(commit: string): string {
    return join(this.root, 'snapshots', commit);
  }

  blob(digest: string): string {
    return join(this.root, 'blobs', digest);
  }

  /** The commit of a branch or tag when it was last fetched; null when it never was. A commit is its own. */
  async commitOf(revision: string): Promise<string | null> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.root, 'refs', revision), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : null;
  }

  /** Commits of which there are files. */
  async commits(): Promise<string[]> {
    const names = await readdir(join(this.root, 'snapshots')).catch(() => []);
    return names.filter(isCommit).sort();
  }

  async setCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf(revision)) === commit) return;
    await writeFileAtomically(join(this.root, 'refs', revision), commit);
  }

  /** Whether a file of a commit is there with this size. */
  async has(commit: string, path: string, size: number): Promise<boolean> {
    return hasSize(join(this.snapshot(commit), path), size);
  }

  /** Whether a blob is there with this size. */
  async hasBlob(digest: string, size: number): Promise<boolean> {
    return hasSize(this.blob(digest), size);
  }

  /**
   * Makes a blob a file of a commit: by a link, or where there are none by moving it, as Python does.
   *
   * @throws {FileWriteError} of `@fin/files`
   */
  async link(commit: string, path: string, digest: string): Promise<void> {
    const file = join(this.snapshot(commit), path);
    const blob = this.blob(digest);
    const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
    try {
      await makeFolder(dirname(file));
      const linked = await symlink(relative(dirname(file), blob), temporary).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (NO_SYMLINKS.has(error.code ?? '')) return false;
          throw error;
        },
      );
      await rename(linked ? temporary : blob, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw asFileWriteError(file, error);
    }
  }

  /** Names and sizes of the blobs, as one text. It changes while another process fetches files. */
  async state(): Promise<string> {
    const names = await readdir(join(this.root, 'blobs')).catch(() => []);
    const sizes = await Promise.all(names.map((name) => stat(this.blob(name)).catch(() => null)));
    return names.map((name, i) => `${name} ${sizes[i]?.size}`).join('\n');
  }
}

/**
 * The model and commit of a folder of the cache.
 *
 * @returns null for any other folder
 */
export function parseSnapshotFolder(dir: string): { readonly name: string; readonly commit: string } | null {
  const [folder, snapshots, commit] = resolve(dir).split(sep).slice(-3);
  const [kind, ...words] = folder?.split('--') ?? [];
  if (kind !== 'models' || words.length === 0 || snapshots !== 'snapshots' || !isCommit(commit)) return null;
  return { name: words.join('/'), commit };
}

async function hasSize(file: string, size: number): Promise<boolean> {
  const stats = await stat(file).catch(() => null);
  return stats?.isFile() === true && stats.size === size;
}
