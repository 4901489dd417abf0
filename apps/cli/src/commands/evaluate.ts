import type { Evaluation } from '@fin/forecast';
import type { Command } from 'commander';
import type { Terminal } from '../io/terminal.js';
import { percent, textTable } from '../io/terminal.js';
import { jsonOption, runOption } from '../options.js';
import { chooseRun } from '../runs.js';

interface Options {
  readonly run?: string;
  readonly json: boolean;
}

export function addEvaluateCommand(program: Command, terminal: Terminal): void {
  program
    .command('evaluate')
    .description("compares a run's test forecasts with persistence and other baselines")
    .addOption(runOption())
    .addOption(jsonOption())
    .action(async ({ run, json }: Options) => {
      const { evaluateRun } = await import('@fin/forecast');
      await evaluateRun(await chooseRun(run), {
        onResult(evaluation) {
          if (json) terminal.result(true, evaluation.rows, () => []);
          else terminal.result(false, evaluation, evaluationLines);
        },
        onNote: (note) => terminal.line(`note: ${note}`),
      });
    });
}

/** Text for an undefined value; the row's notes give the reason. */
const NONE = 'n/a';

/** Every row with its interval and its test against persistence. */
function evaluationLines({ rows, n, first, last, level }: Evaluation): string[] {
  return [
    `Test days ${first} … ${last} (n = ${n})`,
    '',
    ...textTable(
      ['model', 'MAE', 'RMSE', 'MAPE', 'direction', `${100 * level} % interval`, 'DM p'],
      rows.map((row) => [
        row.model,
        row.mae.toFixed(2),
        row.rmse.toFixed(2),
        row.mape === null ? NONE : percent(row.mape, 3),
        row.directionalAccuracy === null ? NONE : percent(row.directionalAccuracy, 1),
        row.directionalInterval?.map((bound) => (100 * bound).toFixed(1)).join(' … ') ?? NONE,
        row.dieboldMariano === null ? NONE : row.dieboldMariano.pValue.toPrecision(2),
      ]),
    ),
    '',
    'MAE and RMSE in index points; DM p: Diebold-Mariano test against persistence, two-sided (none for persistence itself).',
    ...rows.flatMap((row) => row.notes.map((note) => `${row.model}: ${note}`)),
  ];
}
