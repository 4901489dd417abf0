import { fileURLToPath } from 'node:url';
import { FileInputError, readRegularFileSync } from '@fin/files';
import { bashWord } from './bash-word.js';

/** What a job asks of Slurm. Absent: as the cluster decides. */
export interface JobRequest {
  readonly name: string;
  readonly partition?: string;
  readonly account?: string;
  readonly time?: string;
  readonly ntasks?: number;
  readonly cpus?: number;
  readonly gpus?: string;
  readonly memory?: string;
  readonly array?: string;
  /** Jobs that must have ended well before, with commas between. */
  readonly after?: string;
  readonly requeue: boolean;
}

/** A `fin` command as a job. */
export interface Job {
  readonly request: JobRequest;
  /** Folder that relative paths of the command belong to. */
  readonly folder: string;
  /** Words that start `fin`. */
  readonly fin: readonly string[];
  /** Name of the command, such as `train`. */
  readonly command: string;
  /** Run folder, with `{task}` where each task of an array has its own. */
  readonly run: string;
  /** Other words of the command line. */
  readonly arguments: readonly string[];
}

const OWN_TEMPLATE = fileURLToPath(new URL('../../templates/slurm.sh', import.meta.url));

/** A megabyte; a larger file is something else. */
const MAX_BYTES = 1e6;

/**
 * A template of batch scripts.
 *
 * @param file of the template. @default the one of this package
 * @throws {FileInputError} of `@fin/files` when it cannot be read
 */
export function readTemplate(file: string = OWN_TEMPLATE): string {
  try {
    return readRegularFileSync(file, { maxBytes: MAX_BYTES }).toString('utf8');
  } catch (error) {
    if (error instanceof FileInputError) throw error;
    throw new FileInputError(file, `cannot be read (${(error as Error).message})`);
  }
}

/**
 * The batch script of a job.
 *
 * @param template text with a `{{name}}` for each part of the job; it may start `fin` in a way of its own
 * @param file of the template, for messages
 * @throws {FileInputError} of `@fin/files` when the template lacks a part, or names one that there is not
 */
export function slurmScript(job: Job, template: string, file: string = OWN_TEMPLATE): string {
  const word = (text: string) => bashWord(text, job.request.array !== undefined);
  const parts: Readonly<Record<string, string>> = {
    directives: directives(job.request).join('\n'),
    folder: bashWord(job.folder, false),
    fin: job.fin.map((text) => bashWord(text, false)).join(' '),
    command: job.command,
    run: word(job.run),
    arguments: job.arguments.map(word).join(' '),
  };
  const missing = Object.keys(parts).find((name) => name !== 'fin' && !template.includes(`{{${name}}}`));
  if (missing !== undefined) {
    throw new FileInputError(
      file,
      `has no {{${missing}}}: put it where the template of \`fin slurm --print-template\` has it`,
    );
  }
  const lines = template.split('\n').map((line, i) =>
    line.replace(/\{\{(\w*)\}\}/g, (placeholder, name: string) => {
      if (Object.hasOwn(parts, name)) return parts[name];
      throw new FileInputError(
        file,
        `line ${i + 1} has ${placeholder}, which is unknown; there are ${Object.keys(parts).join(', ')}`,
      );
    }),
  );
  return lines.join('\n');
}

function directives(request: JobRequest): string[] {
  const { name, partition, account, time, ntasks, cpus, gpus, memory, array, after, requeue } = request;
  const values = {
    'job-name': name,
    partition,
    account,
    time,
    ntasks: ntasks ?? 1,
    'cpus-per-task': cpus,
    gpus,
    mem: memory,
    array,
    dependency: after && `afterok:${after.replaceAll(',', ':')}`,
    'kill-on-invalid-dep': after && 'yes',
    output: array === undefined ? '%x-%j.out' : '%x-%A_%a.out',
  };
  return [
    ...Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `#SBATCH --${key}=${value}`),
    `#SBATCH --${requeue ? 'requeue' : 'no-requeue'}`,
  ];
}
