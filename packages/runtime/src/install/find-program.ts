import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The first file of this name on the PATH that may be run, or null. A name with a slash is taken as a path. */
export function findProgram(name: string): string | null {
  const places =
    isAbsolute(name) || name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const place of places) {
    const path = place ? join(place, name) : name;
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
