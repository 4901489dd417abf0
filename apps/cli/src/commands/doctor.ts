import type { Command } from 'commander';
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
      printResult(io, json, await doctor(), formatDoctor);
    });
}
