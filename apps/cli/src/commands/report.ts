import { join } from 'node:path';
import { REPORT } from '@fin/run';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Terminal } from '../io/terminal.js';
import { jsonOption, option, path } from '../options.js';
import { chooseRuns } from '../runs.js';

interface Options {
  readonly run?: readonly string[];
  readonly out?: string;
  readonly json: boolean;
}

export function addReportCommand(program: Command, terminal: Terminal): void {
  program
    .command('report')
    .description('writes pages about finished runs, to be opened in a browser from the disk')
    .addOption(
      option(
        '--run <dir...>',
        'run folders of `fin train`, `fin finetune`, `fin backtest` or `fin compare`',
        {
          parse: collectPaths,
          byDefault: 'the newest finished run under ./runs',
        },
      ),
    )
    .addOption(
      option('--out <dir>', 'folder to write', {
        parse: folder,
        byDefault: 'report in the run folder; for several runs, report',
      }),
    )
    .addOption(jsonOption())
    .action(async ({ run, out, json }: Options) => {
      const runs = await chooseRuns(run);
      const { writeReport } = await import('@fin/report');
      const { file } = await writeReport({
        runDirs: runs,
        out: out ?? (runs.length === 1 ? join(runs[0], REPORT) : REPORT),
      });
      terminal.result(json, { runs, file }, (result) => [result.file]);
    });
}

/** Collects the values of an option that may be given several times. */
function collectPaths(text: string, before: unknown): string[] {
  return [...((before as string[] | undefined) ?? []), path(text)];
}

function folder(text: string): string {
  if (!/\.html?$/i.test(text)) return path(text);
  throw new InvalidArgumentError(`the report is a folder of pages: give a folder, not a file ${text}`);
}
