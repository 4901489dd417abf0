import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspaceRoot = fileURLToPath(new URL('../../', import.meta.url));

export function sharedPath(...parts) {
  const path = join(process.env.FIN_SHARED_DIR ?? join(workspaceRoot, '..', 'shared'), ...parts);
  return existsSync(path) ? path : null;
}
