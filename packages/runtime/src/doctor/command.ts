import type { Command } from 'commander';
import { doctor } from './doctor.js';
import { formatDoctor } from './format-doctor.js';

/** `fin-runtime doctor`: always exit code 0, it reports. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say what was found, which backend will be used, what is missing and what that costs')
    .option('--json', 'print it as one JSON document on stdout', false)
    .action(async (options: { json: boolean }) => {
      const report = await doctor();
      console.log(options.json ? JSON.stringify(report, null, 2) : formatDoctor(report));
    });
}
