import { join } from 'node:path';
import type { Command } from 'commander';
import type { Terminal } from '../io/terminal.js';
import { jsonOption, option, path, runOption } from '../options.js';
import { chooseRun } from '../runs.js';

interface Options {
  readonly run?: string;
  readonly out?: string;
  readonly json: boolean;
}

export function addReportCommand(program: Command, terminal: Terminal): void {
  program
    .command('report')
    .description('writes one self-contained HTML page about an evaluated run')
    .addOption(runOption())
    .addOption(
      option('--out <file>', 'page to write', { parse: path, byDefault: 'report.html in the run folder' }),
    )
    .addOption(jsonOption())
    .action(async ({ run, out, json }: Options) => {
      const { writeReport } = await import('@fin/report');
      const runDir = await chooseRun(run);
      const page = out ?? join(runDir, 'report.html');
      const { file } = await writeReport({ runDir, out: page });
      terminal.result(json, { run: runDir, file }, (result) => [result.file]);
    });
}
