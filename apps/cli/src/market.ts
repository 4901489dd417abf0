import type { Market } from '@fin/data';
import type { Terminal } from './io/terminal.js';

/** Which market a command works on. */
export interface MarketChoice {
  /** Folder of the Kaggle files; absent for the bundled synthetic market. */
  readonly data?: string;
  /** The synthetic market's signal; absent for its default. */
  readonly signal?: number;
}

/** Loads the files of `--data`, or makes the bundled synthetic market. */
export async function openMarket({ data, signal }: MarketChoice): Promise<Market> {
  const { loadKaggle, syntheticMarket } = await import('@fin/data');
  return data === undefined
    ? syntheticMarket(signal === undefined ? {} : { signal })
    : loadKaggle({ dir: data });
}

/** Prints a note when a market is made up. */
export function noteMadeUp(market: Market, terminal: Terminal): void {
  if (market.synthetic) {
    terminal.line(`note: ${market.name} is a made-up market; its figures say nothing about real ones`);
  }
}
