import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../install/cache-layout.js';
import { folderBytes } from '../install/folder-bytes.js';
import type { CacheReport } from './report.js';

/** Where the cache is, whether it can be written, and what its parts take. */
export async function examineCache(): Promise<CacheReport> {
  const dir = cacheRoot();
  const bytes: Record<string, number> = {};
  for (const part of (await readdir(dir).catch(() => [])).sort()) {
    const size = await folderBytes(join(dir, part));
    if (size > 0) bytes[part] = size;
  }
  return { dir, writable: await writable(dir), bytes };
}

/** Of a folder that is not there yet, whether it could be made. */
async function writable(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const parent = dirname(dir);
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== dir && writable(parent);
  }
}
