import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { ForecasterOptions } from '@fin/forecast';
import type { Command } from 'commander';
import { given, numbers, option, path, precisionOption } from './options.js';
import { chooseModel } from './runs.js';

/** Options of the forecaster's settings. */
export interface ForecasterFlags {
  readonly seed?: number;
  readonly epochs?: number;
  readonly model?: string;
  readonly aggregate?: 'mean' | 'rank' | 'attention';
  readonly precision?: Precision;
}

export function addForecasterOptions(command: Command): Command {
  return command
    .addOption(option('--seed <n>', 'first seed', { parse: numbers.seed, byDefault: '1' }))
    .addOption(
      option('--epochs <n>', 'maximum number of passes over the training days', {
        parse: numbers.epochs,
        byDefault: '10',
      }),
    )
    .addOption(
      option(
        '--model <dir>',
        'sentiment model to score the headlines with, such as a run of `fin finetune`',
        {
          parse: path,
          byDefault: 'a small BERT that is trained along',
        },
      ),
    )
    .addOption(
      option('--aggregate <how>', "with --model: how to combine the scores of a day's headlines", {
        choices: ['mean', 'rank', 'attention'],
        byDefault: 'mean',
      }),
    )
    .addOption(precisionOption());
}

/** The settings that these options name. Checks that a model is there before any work. */
export async function forecasterSettings(flags: ForecasterFlags): Promise<ForecasterOptions> {
  const { seed, epochs, model, aggregate, precision } = flags;
  if (model !== undefined) await chooseModel(model);
  return given({
    seed,
    epochs,
    model: model === undefined ? undefined : resolve(model),
    aggregate,
    precision,
  });
}
