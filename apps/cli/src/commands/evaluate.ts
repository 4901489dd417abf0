import type { Command } from 'commander';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { chooseRun } from '../run-choice.js';
import { evaluationTable } from './evaluation-table.js';
import { jsonOption, runOption } from './options.js';

interface Options {
  readonly run?: string;
  readonly json: boolean;
}

export function addEvaluateCommand(program: Command, io: Io): void {
  program
    .command('evaluate')
    .description("scores a run's test forecasts beside persistence, drift and the majority class")
    .addOption(runOption())
    .addOption(jsonOption())
    .action(async ({ run, json }: Options) => {
      const { evaluateRun } = await import('@fin/forecast');
      const evaluation = await evaluateRun(await chooseRun(run));
      if (json) printResult(io, true, evaluation.rows, String);
      else printResult(io, false, evaluation, evaluationTable);
    });
}
