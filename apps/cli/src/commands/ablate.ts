import type { AblationName } from '@fin/forecast';
import type { Command } from 'commander';
import { forecasterSettings } from '../forecaster-options.js';
import type { Terminal } from '../io/terminal.js';
import { listOf, option } from '../options.js';
import type { WalkCommandFlags } from './backtest.js';
import { addWalkCommandOptions, backtestLines, runWalk } from './backtest.js';

interface Flags extends WalkCommandFlags {
  readonly variants?: readonly AblationName[];
}

/** As `ablationNames` of `@fin/forecast`, which is not loaded for `--help`. */
const NAMES: readonly AblationName[] = ['price-only', 'text-only', 'random', 'scored', 'joint'];

export function addAblateCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('ablate')
    .description(
      'backtests the model with parts left out: prices alone, text alone, and both, on the same folds',
    );
  addWalkCommandOptions(command)
    .addOption(
      option('--variants <names>', `variants to compare, with commas between: ${NAMES.join(', ')}`, {
        parse: listOf(NAMES, 'variant'),
        byDefault: 'with --model price-only,text-only,scored,joint; else price-only,text-only,random',
      }),
    )
    .action(async (flags: Flags) => {
      const { ablationVariants, backtest } = await import('@fin/forecast');
      if (flags.resume && flags.variants) {
        command.error('error: a resumed ablation has its variants already: leave --variants out');
      }
      const settings = flags.resume
        ? {}
        : { variants: ablationVariants((await forecasterSettings(flags)).settings, flags.variants) };
      const plan = { kind: 'backtest', work: backtest, settings, lines: backtestLines } as const;
      await runWalk(plan, flags, command, terminal);
    });
}
