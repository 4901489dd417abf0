import type { Command } from 'commander';
import { examinePrecision, formatPrecision } from '../backend.js';
import type { Terminal } from '../io/terminal.js';
import { jsonOption } from '../options.js';

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('prints what was found on this machine, what is missing and what that costs')
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      const { doctor, formatDoctor } = await import('@fin/runtime');
      const report = { ...(await doctor()), precision: await examinePrecision() };
      terminal.result(json, report, (all) => [
        ...formatDoctor(all).split('\n'),
        '',
        ...formatPrecision(all.precision),
      ]);
    });
}
