import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * The program of turbo's study tasks: runs one `fin` command with the options in its variable, such as `STUDY_COMPARE`, and writes
 * runs/study-COMMAND. Without the variable the step is left out. An interrupted step with the same inputs is resumed.
 *
 *     node study/run-step.mjs finetune|compare|ablate
 */
const [command] = process.argv.slice(2);
const options = process.env[`STUDY_${command.toUpperCase()}`];
const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const run = `runs/study-${command}`;
const place = join(folder, run);
/** Holds turbo's hash of the inputs while the step is unfinished. */
const begun = `${place}.begun`;
const inputs = process.env.TURBO_HASH ?? '';

const fin = (...args) =>
  spawnSync(process.execPath, ['bin/fin.js', command, '--run', run, ...args], {
    cwd: folder,
    stdio: 'inherit',
  });

if (options === undefined) {
  rmSync(place, { recursive: true, force: true });
} else {
  const resumes =
    existsSync(join(place, 'run.json')) && existsSync(begun) && readFileSync(begun, 'utf8') === inputs;
  if (!resumes) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(begun, inputs);
  }
  const { status } = fin(...(resumes ? ['--resume'] : JSON.parse(options)));
  if (status === 0) rmSync(begun);
  process.exitCode = status ?? 1;
}
