import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAblateCommand } from './commands/ablate.js';
import { addBacktestCommand } from './commands/backtest.js';
import { addCompareCommand } from './commands/compare.js';
import { addDataCommands } from './commands/data.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addFinetuneCommand } from './commands/finetune.js';
import { addInstallCommand } from './commands/install.js';
import { addMergeCommand } from './commands/merge.js';
import { addModelCommands } from './commands/model.js';
import { addPredictCommand } from './commands/predict.js';
import { addProfileCommand } from './commands/profile.js';
import { addReportCommand } from './commands/report.js';
import { addSentimentCommand } from './commands/sentiment.js';
import { addSlurmCommand } from './commands/slurm.js';
import { addSweepCommand } from './commands/sweep.js';
import { addTrainCommand } from './commands/train.js';
import type { Io } from './io/io.js';
import { ExitCode } from './io/io.js';
import { reportError } from './io/report-error.js';
import { Terminal } from './io/terminal.js';
import { isFollower, refuseRanks } from './ranks.js';

/**
 * The `fin` command.
 *
 * ```
 *   data pull ── data check ── data describe
 *                 │
 *   files ──> train ──> run folder ──> evaluate ──> report
 *     ^                      └───────> predict
 *     └ --model ── finetune ──> run folder ──> sentiment
 * ```
 *
 * @param args arguments after `fin` on the command line
 * @param io streams for results (stdout) and everything else (stderr)
 * @returns the exit code: 0, 1 (failure), 2 (wrong input), 130 or 143 (stopped by a signal)
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const terminal = new Terminal(isFollower() ? SILENT : io);
  const program = new Command('fin')
    .enablePositionalOptions() // An option belongs to the command that it follows.
    .description('Forecasts the next day of the Dow Jones Industrial Average from headlines and prices.')
    .version(version(), '-V, --version', 'print the version')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.help(text),
      writeErr: (text) => terminal.line(text),
    });
  for (const add of [
    addInstallCommand,
    addDoctorCommand,
    addDataCommands,
    addTrainCommand,
    addEvaluateCommand,
    addBacktestCommand,
    addAblateCommand,
    addSweepCommand,
    addMergeCommand,
    addCompareCommand,
    addPredictCommand,
    addReportCommand,
    addFinetuneCommand,
    addSentimentCommand,
    addModelCommands,
    addProfileCommand,
    addSlurmCommand,
  ]) {
    add(program, terminal);
  }
  refuseRanks(program);
  for (const command of allCommands(program)) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return ExitCode.ok;
  } catch (error) {
    return reportError(error, terminal, args.includes('--json'));
  }
}

/** The commands of a program and those within them. */
const allCommands = ({ commands }: Command): Command[] =>
  commands.flatMap((command) => [command, ...allCommands(command)]);

/** Of ranks other than 0. */
const SILENT: Io = { stdout: { write: () => true }, stderr: { write: () => true } };

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
