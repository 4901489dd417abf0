import type { Command } from 'commander';

export function registerDoctor(program: Command): void {
  program.command('doctor').description('say what was found, what is missing and what it costs');
}
