import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MarketChoice } from './open-market.js';

/** The market that a run was trained on, as its `config.json` says. */
export async function marketOfRun(runDir: string): Promise<MarketChoice> {
  const { runFiles } = await import('@fin/forecast');
  const { source } = JSON.parse(await readFile(join(runDir, runFiles.config), 'utf8')) as {
    source: { data: string | null; signal: number | null };
  };
  return { data: source.data ?? undefined, signal: source.signal ?? undefined };
}
