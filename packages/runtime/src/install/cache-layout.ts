import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { TFJS_NODE } from './pins.js';

/**
 * The folders of the cache:
 *
 * ```
 * <root>/tensorflow/<key>/             the library, include/, manifest.json
 * <root>/tfjs-node-gpu/<version>/      the npm tarball's content, manifest.json
 * <root>/binding/<key>/                tfjs_binding.node, manifest.json
 * <root>/zig/<version>/                the fallback compiler, manifest.json
 * <root>/zig-cache/                    that compiler's own cache
 * <root>/addon/<name>-<key>/           addons of other packages, manifest.json
 * <root>/stderr-filter/<key>/          the addon that hides TensorFlow's start-up lines, manifest.json
 * <root>/install.lock/, <root>/addon/<name>.lock/   held by the process that installs, that compiles the addon
 * <root>/tmp/<label>@<host>@…/         unfinished work; the next run removes it
 * ```
 *
 * Every folder with a manifest is moved to its place in one step, so it is complete.
 */
export interface CacheLayout {
  readonly root: string;
  readonly tensorflow: string;
  readonly tfjsNode: string;
  readonly binding: string;
  readonly zig: string;
  readonly zigCache: string;
  readonly tmp: string;
}

/** Absolute path of the cache: `$FIN_CACHE_DIR`, else `$XDG_CACHE_HOME/fin`, else `~/.cache/fin` (`~/Library/Caches/fin` on macOS). */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.FIN_CACHE_DIR) return resolve(env.FIN_CACHE_DIR);
  // The XDG specification: a relative path is invalid and is ignored.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'fin');
  const home = env.HOME || homedir();
  return resolve(home, process.platform === 'darwin' ? 'Library/Caches/fin' : '.cache/fin');
}

export function cacheLayout(root: string = cacheRoot()): CacheLayout {
  return {
    root,
    tensorflow: join(root, 'tensorflow'),
    tfjsNode: join(root, 'tfjs-node-gpu', TFJS_NODE.version),
    binding: join(root, 'binding'),
    zig: join(root, 'zig'),
    zigCache: join(root, 'zig-cache'),
    tmp: join(root, 'tmp'),
  };
}
