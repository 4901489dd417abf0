import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the workspace's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Path inside the workspace. */
export const inRoot = (...parts) => join(root, ...parts);
