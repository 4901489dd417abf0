import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import type { MarketChoice } from './market.js';
import { addMarketOptions } from './market.js';
import type { Resume } from './options.js';
import { newRunOption, numbers, option, overwriteOption, resumeOption } from './options.js';

/** Options of a command that reads a market and writes a run that can be resumed. */
export interface MarketRunFlags extends MarketChoice {
  readonly run?: string;
  readonly overwrite: boolean;
  readonly resume?: Resume;
  readonly backend?: BackendName;
  readonly json: boolean;
}

/** Adds the options of {@link MarketRunFlags} but `--backend` and `--json`, which come last. @param parent as for {@link newRunOption} */
export function addMarketRunOptions(command: Command, parent: string): Command {
  return addMarketOptions(command)
    .addOption(
      option('--signal <x>', "log return that the synthetic market's good headlines add to the next day", {
        parse: numbers.signal,
        byDefault: '0.01',
      }),
    )
    .addOption(newRunOption(parent))
    .addOption(overwriteOption())
    .addOption(resumeOption());
}
