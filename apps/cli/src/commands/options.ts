import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands share, spelled and explained once. */

export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON document on stdout').default(false);

export const dataOption = (): Option =>
  new Option(
    '--data <dir>',
    'folder with Combined_News_DJIA.csv and upload_DJIA_table.csv; without it, the bundled synthetic market',
  ).env('FIN_DATA');

export const pricesOption = (): Option =>
  new Option('--prices <file>', 'a longer price series to check labels against (same columns, any order)');

export const runOption = (): Option =>
  new Option('--run <dir>', 'run folder; without it, the newest under ./runs');

export const backendOption = (): Option =>
  new Option('--backend <name>', 'where to compute; without it, the best that is found')
    .choices(['tensorflow', 'wasm', 'cpu'])
    .env('FIN_BACKEND');

export const precisionOption = (): Option =>
  new Option(
    '--precision <name>',
    'in what to compute and to store what is not trained; the machine decides how (see `fin doctor`)',
  )
    .choices(['fp32', 'bf16', 'fp16'])
    .default(undefined, 'fp32');

export const resumeOption = (): Option =>
  new Option(
    '--resume [last-good]',
    'go on with the run in --run, which was interrupted, with its own settings and data; with last-good, pass over damaged checkpoints',
  )
    .choices(['last-good'])
    .conflicts('overwrite');

/** What `--resume` is given as. */
export type Resume = true | 'last-good';

/** The folder of the run to go on with. */
export function runToResume(command: Command, run: string | undefined): string {
  return run ?? command.error('error: --resume needs --run, the folder of the run to go on with');
}

/** `--resume` as the library has it. */
export const resumeFrom = (resume: Resume | undefined): boolean | 'lastGood' =>
  resume === 'last-good' ? 'lastGood' : resume === true;

/** Parses a whole number of at least `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`a whole number of at least ${least} is needed`);
    }
    return value;
  };

/** Parses a finite number of at least `least`. */
export const numberFrom =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least) {
      throw new InvalidArgumentError(`a number of at least ${least} is needed`);
    }
    return value;
  };
