import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder of this test file's own, gone after it. @returns paths in it */
export function temporaryFolder(): (...parts: string[]) => string {
  const root = mkdtempSync(join(tmpdir(), 'fin-sentiment-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (...parts) => join(root, ...parts);
}
