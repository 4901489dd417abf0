import type { Command } from 'commander';
import { cacheRoot } from './cache-layout.js';
import { findInstallation } from './find-installation.js';

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
        `No native TensorFlow in ${process.env.FIN_TENSORFLOW_DIR ?? cacheRoot()}. Run \`fin-runtime install\`.`,
      );
      process.exitCode = 1;
    });
}
