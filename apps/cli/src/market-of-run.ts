import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFiles } from '@fin/forecast';
import type { MarketChoice } from './open-market.js';

/** The market that a run was trained on, as its `config.json` says. */
export async function marketOfRun(runDir: string): Promise<MarketChoice> {
  const { source } = JSON.parse(await readFile(join(runDir, runFiles.config), 'utf8')) as {
    source: { data: string | null; signal: number | null };
  };
  return { data: source.data ?? undefined, signal: source.signal ?? undefined };
}
