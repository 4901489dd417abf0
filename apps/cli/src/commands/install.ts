import type { InstallEvent } from '@fin/runtime';
import type { Command } from 'commander';
import { interruptible } from '../io/interruption.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { fileSize } from '../io/terminal.js';
import { jsonOption } from '../options.js';

/** Native TensorFlow cannot be installed on this machine. The message gives the reason and the remedy. */
class NotInstalledError extends Error {
  readonly kind = 'environment';
}

interface Options {
  readonly optional: boolean;
  readonly json: boolean;
}

export function addInstallCommand(program: Command, terminal: Terminal): void {
  program
    .command('install')
    .description('installs native TensorFlow: downloads it, compiles the binding and tries it')
    .option(
      '--optional',
      'exit with 0 if it is not possible, and keep an installed CPU build even if a CUDA build is possible',
      false,
    )
    .addOption(jsonOption())
    .action(async ({ optional, json }: Options) => {
      const outcome = await interruptible(
        () => '; nothing half-made is left',
        (signal) => install(optional, signal, terminal),
      );
      const { formatOutcome } = await import('@fin/runtime');
      const lines = () => formatOutcome(outcome).split('\n');
      if (!outcome.installation && !optional) throw new NotInstalledError(lines().join('\n'));
      terminal.result(json, outcome, lines);
    });
}

async function install(optional: boolean, signal: AbortSignal, terminal: Terminal) {
  const { installTensorFlow } = await import('@fin/runtime');
  const progress = createProgress(terminal);
  let step = '';
  const onEvent = (event: InstallEvent) => {
    if (event.kind === 'progress') {
      progress.update(step, event.done, event.total, fileSize(event.total));
    } else {
      if (event.kind !== 'note') step = event.text;
      progress.line(event.kind === 'note' ? `  ${event.text}` : event.text);
    }
  };
  try {
    return await installTensorFlow({ onEvent, signal, keepCpuBuild: optional });
  } finally {
    progress.end();
  }
}
