import type { Command } from 'commander';
import { examinePrecision, formatPrecision } from '../examine-precision.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { jsonOption } from './options.js';

export function addDoctorCommand(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('tells what was found on this machine, what is missing, and what that costs')
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      const { doctor, formatDoctor } = await import('@fin/runtime');
      const report = { ...(await doctor()), precision: await examinePrecision() };
      printResult(io, json, report, (all) => `${formatDoctor(all)}\n\n${formatPrecision(all.precision)}`);
    });
}
