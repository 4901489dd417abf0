import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A Chromium on this machine: `$CHROMIUM`, else `chromium` or `google-chrome` on the PATH, else null. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  if (named) return existsSync(named) ? named : null;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'google-chrome']) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}
