import type { Command } from 'commander';
import { InstallInputError, InstallInterrupted } from './errors.js';
import { formatOutcome } from './format-outcome.js';
import { installTensorFlow } from './install-tensorflow.js';
import { printEvents } from './print-events.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** `fin-runtime install`: exit code 0 when native TensorFlow is there (or with --optional), 1 when it is not. */
export function registerInstall(program: Command): void {
  program
    .command('install')
    .description(
      'provide native TensorFlow: download it, compile the binding, try it; nothing where it is there',
    )
    .option(
      '--optional',
      'be content with less: exit with 0 where it is not possible, keep a CPU build where a CUDA build could be had',
      false,
    )
    .option('--json', 'print the result as one JSON document on stdout', false)
    .action(async (options: { optional: boolean; json: boolean }) => {
      const { onEvent, end } = printEvents(process.stderr);
      const controller = new AbortController();
      let stoppedBy: keyof typeof SIGNALS | undefined;
      for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
        process.on(name, () => {
          // Asked twice: at once. The next run sweeps up.
          if (stoppedBy) process.exit(SIGNALS[name]);
          stoppedBy = name;
          controller.abort();
        });
      }
      try {
        const outcome = await installTensorFlow({
          onEvent,
          signal: controller.signal,
          keepCpuBuild: options.optional,
        });
        end();
        if (options.json) console.log(JSON.stringify(outcome, null, 2));
        else console.error(formatOutcome(outcome));
        process.exitCode = outcome.installation || options.optional ? 0 : 1;
      } catch (error) {
        end();
        if (!(error instanceof InstallInputError || error instanceof InstallInterrupted)) throw error;
        console.error(error.message);
        process.exitCode = error.kind === 'input' ? 2 : SIGNALS[stoppedBy ?? 'SIGINT'];
      }
    });
}
