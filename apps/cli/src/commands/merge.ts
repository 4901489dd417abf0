import type { Command } from 'commander';
import type { Terminal } from '../io/terminal.js';
import type { MarketRunFlags } from '../market-run-options.js';
import { addMarketRunOptions } from '../market-run-options.js';
import { backendOption, jsonOption, path } from '../options.js';
import { BACKTEST_RUNS } from '../runs.js';
import { workersOption } from '../walk-options.js';
import { backtestLines, runWalk } from './backtest.js';
import { sweepLines } from './sweep.js';

interface Flags extends MarketRunFlags {
  readonly workers?: number;
}

export function addMergeCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('merge')
    .description(
      'makes a backtest or sweep of the parts that --part trained: the run that one process would have written; the parts stay',
    )
    .argument(
      '<parts...>',
      'run folders of all parts, in any order',
      (part: string, before: string[] = []) => [...before, path(part)],
    );
  addMarketRunOptions(command, BACKTEST_RUNS)
    .addOption(workersOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (dirs: readonly string[], flags: Flags) => {
      const { backtest, readParts, sweep } = await import('@fin/forecast');
      const parts = await readParts(dirs);
      const common = { parts, settings: parts.settings };
      if (parts.of === 'backtest') {
        const plan = { ...common, kind: 'backtest', work: backtest, lines: backtestLines } as const;
        await runWalk(plan, flags, command, terminal);
      } else {
        const plan = { ...common, kind: 'sweep', work: sweep, lines: sweepLines } as const;
        await runWalk(plan, flags, command, terminal);
      }
    });
}
