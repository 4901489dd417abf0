import type { Market } from '@fin/data';
import type { Io } from './io/io.js';

/** Which market a command works on. */
export interface MarketChoice {
  /** Folder of the Kaggle files; absent for the bundled synthetic market. */
  readonly data?: string;
  /** The synthetic market's signal; absent for its default. */
  readonly signal?: number;
}

/** Opens the files of `--data`, or makes the bundled synthetic market. */
export async function openMarket({ data, signal }: MarketChoice): Promise<Market> {
  const { loadKaggle, syntheticMarket } = await import('@fin/data');
  return data === undefined
    ? syntheticMarket(signal === undefined ? {} : { signal })
    : loadKaggle({ dir: data });
}

/** Says so when a market is made up. */
export function noteMadeUp(market: Market, io: Io): void {
  if (!market.synthetic) return;
  io.stderr.write(`note: ${market.name} is a made-up market; its figures say nothing about real ones\n`);
}
