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

/**
 * Adds the command `install`. Exit code 0 if native TensorFlow is installed (or with --optional), 1 if not, 2 for a wrong
 * setting, 130 or 143 if interrupted.
 */
export function registerInstall(program: Command): void {
  program
    .command('install')
    .description('install native TensorFlow: download it, compile the binding and try it')
    .option(
      '--optional',
      'exit with 0 if it is not possible, and keep an installed CPU build where a CUDA build is possible',
      false,
    )
    .option('--json', 'print the result as one JSON document on stdout', false)
    .action(async (options: { optional: boolean; json: boolean }) => {
      const { onEvent, end } = printEvents(process.stderr);
      const controller = new AbortController();
      let stoppedBy: keyof typeof SIGNALS | undefined;
      for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
        process.on(name, () => {
          // A second signal ends the process at once; the next run cleans up.
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

/** Adds the command `where`, which prints where the installed TensorFlow is. Exit code 1 if there is none. */
export function registerWhere(program: Command): void {
  program
    .command('where')
    .description('print the folder of the native TensorFlow in use')
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

/** Adds the command `doctor`. Its exit code is always 0. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('report what was found, which backend will be used, what is missing and what that costs')
    .option('--json', 'print it as one JSON document on stdout', false)
    .action(async (options: { json: boolean }) => {
      const report = await doctor();
      console.log(options.json ? JSON.stringify(report, null, 2) : formatDoctor(report));
    });
}
