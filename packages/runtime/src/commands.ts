import type { Command } from 'commander';
import { doctor } from './doctor/doctor.js';
import { formatDoctor } from './doctor/format-doctor.js';
import { cacheRoot } from './install/cache-layout.js';
import { InstallInputError, InstallInterrupted } from './install/errors.js';
import { findInstallation } from './install/find-installation.js';
import { INSTALL_COMMANDS } from './install/install-hint.js';
import { installTensorFlow } from './install/install-tensorflow.js';
import { formatOutcome } from './install/outcome.js';
import { printEvents } from './install/progress.js';

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

/** `fin-runtime where`: prints the installation in use; exit code 1 where there is none. */
export function registerWhere(program: Command): void {
  program
    .command('where')
    .description('print where the native TensorFlow in use lies')
    .option('--json', 'print it as one JSON document on stdout', false)
    .action(async (options: { json: boolean }) => {
      const installation = await findInstallation();
      if (options.json) console.log(JSON.stringify(installation, null, 2));
      else if (installation) console.log(installation.libraryDir);
      if (installation) return;
      console.error(
        `No native TensorFlow in ${process.env.FIN_TENSORFLOW_DIR ?? cacheRoot()}. Run ${INSTALL_COMMANDS}.`,
      );
      process.exitCode = 1;
    });
}

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
