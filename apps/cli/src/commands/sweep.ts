import type { SettingsGrid, SweepResult, Variant } from '@fin/forecast';
import type { Command } from 'commander';
import { modelFolder } from '../hub-models.js';
import type { Terminal } from '../io/terminal.js';
import { textTable } from '../io/terminal.js';
import { path } from '../options.js';
import { readSettingsFile } from '../settings-file.js';
import type { ForecastPackage, WalkCommandFlags } from './backtest.js';
import { addWalkCommandOptions, backtestLines, runWalk } from './backtest.js';

export function addSweepCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('sweep')
    .description('tries a grid of settings, chooses one on validation days alone, and backtests that one')
    .argument('[grid]', 'JSON or YAML file with the values to try for each setting; not with --resume', path);
  addWalkCommandOptions(command).action(async (grid: string | undefined, flags: WalkCommandFlags) => {
    if (grid === undefined && !flags.resume) command.error('error: a file with the grid is needed');
    const values = grid === undefined ? null : ((await readSettingsFile(grid)) as SettingsGrid);
    const { gridVariants, sweep } = await import('@fin/forecast');
    const variants = values === null ? {} : { variants: await withModelFolders(gridVariants(values)) };
    await runWalk(
      { kind: 'sweep', work: sweep, settings: variants, lines: sweepLines },
      flags,
      command,
      terminal,
    );
  });
}

/** The variants with folders in place of names of models on the hub. */
function withModelFolders(variants: readonly Variant[]): Promise<Variant[]> {
  return Promise.all(
    variants.map(async (variant) => {
      const { model } = variant.settings;
      return typeof model === 'string'
        ? { ...variant, settings: { ...variant.settings, model: await modelFolder(model) } }
        : variant;
    }),
  );
}

/** The tables of a sweep. */
export function sweepLines(result: SweepResult, forecast: ForecastPackage): string[] {
  const table = textTable(
    ['setting', 'seeds', 'validation days', 'RMSE'],
    result.settings.map(({ name, seeds, n, validationRmse }) => [
      name,
      String(seeds),
      String(n),
      validationRmse.toFixed(2),
    ]),
  );
  return [...table, '', `chosen: ${result.chosen}`, '', ...backtestLines(result, forecast)];
}
