import type { Market } from '@fin/data';
import type { Terminal } from './io/terminal.js';

/** Market that a command works on. */
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

/** Suspicious prices that are printed; `fin data check` lists them all. */
const LISTED = 5;

/** Prints a note when a market is made up, and its suspicious prices. */
export function noteMarket(market: Market, terminal: Terminal): void {
  if (market.synthetic) {
    terminal.line(`note: ${market.name} is a made-up market; its figures say nothing about real ones`);
  }
  const { warnings = [] } = market;
  for (const warning of warnings.slice(0, LISTED)) terminal.line(`warning: ${warning}`);
  if (warnings.length > LISTED) {
    terminal.line(
      `warning: ${warnings.length - LISTED} more suspicious prices; \`fin data check --all\` lists them`,
    );
  }
}
