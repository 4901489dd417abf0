import { Command } from 'commander';
import { addDataCommands } from './commands/data.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addFinetuneCommand } from './commands/finetune.js';
import { addModelCommands } from './commands/model.js';
import { addPredictCommand } from './commands/predict.js';
import { addReportCommand } from './commands/report.js';
import { addSentimentCommand } from './commands/sentiment.js';
import { addTrainCommand } from './commands/train.js';
import { ExitCode } from './io/exit-codes.js';
import type { Io } from './io/io.js';
import { reportError } from './io/report-error.js';

/**
 * The `fin` command.
 *
 * ```
 *            data check ── data describe
 *                 │
 *   files ──> train ──> run folder ──> evaluate ──> report
 *     ^                      └───────> predict
 *     └ --model ── finetune ──> run folder ──> sentiment
 * ```
 *
 * @param args what follows `fin` on the command line
 * @param io where results (stdout) and everything else (stderr) go
 * @returns the exit code: 0, 1 (failure), 2 (wrong input), 130 or 143 (stopped by a signal)
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const program = new Command('fin')
    .description('Forecasts the next day of the Dow Jones Industrial Average from headlines and prices.')
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  addDataCommands(program, io);
  addTrainCommand(program, io);
  addEvaluateCommand(program, io);
  addPredictCommand(program, io);
  addReportCommand(program, io);
  addFinetuneCommand(program, io);
  addSentimentCommand(program, io);
  addModelCommands(program, io);
  addDoctorCommand(program, io);
  for (const command of [...program.commands, ...program.commands.flatMap((group) => group.commands)]) {
    command.copyInheritedSettings(program);
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return ExitCode.ok;
  } catch (error) {
    return reportError(error, io, args.includes('--json'));
  }
}
