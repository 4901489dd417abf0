import { join } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { chooseRun } from '../run-choice.js';
import { jsonOption, runOption } from './options.js';

interface Options {
  readonly run?: string;
  readonly out?: string;
  readonly json: boolean;
}

export function addReportCommand(program: Command, io: Io): void {
  program
    .command('report')
    .description('writes one self-contained HTML page about an evaluated run')
    .addOption(runOption())
    .option('--out <file>', 'where to write it (default: report.html in the run folder)')
    .addOption(jsonOption())
    .action(async ({ run, out, json }: Options) => {
      const { writeReport } = await import('@fin/report');
      const runDir = await chooseRun(run);
      const { file } = await writeReport({ runDir, out: out ?? join(runDir, 'report.html') });
      printResult(io, json, { run: runDir, file }, (result) => result.file);
    });
}
