import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '@fin/files';
import { OutputError, requireFreeOutput } from '@fin/run';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { shellQuote } from '../io/escape.js';
import type { Terminal } from '../io/terminal.js';
import { jsonOption, numbers, option, path } from '../options.js';
import { RANKED } from '../ranks.js';
import { BACKTEST_RUNS, COMPARISON_RUNS, newRunFolder, RUNS, TUNING_RUNS } from '../runs.js';
import { TASK } from '../slurm/bash-word.js';
import type { ParsedFlags } from '../slurm/fin-words.js';
import { parseOnly, takeRun } from '../slurm/fin-words.js';
import type { Job } from '../slurm/script.js';
import { readTemplate, slurmScript } from '../slurm/script.js';
import { submit } from '../slurm/submit.js';

interface Flags {
  readonly name?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly time?: string;
  readonly cpus?: number;
  readonly gpus?: string;
  readonly memory?: string;
  readonly ntasks?: number;
  readonly array?: string;
  readonly after?: string;
  readonly requeue: boolean;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly submit: boolean;
  readonly template?: string;
  readonly printTemplate: boolean;
  readonly json: boolean;
}

/** Commands that can be jobs, since they resume, and where their runs go. */
const JOBS: Readonly<Record<string, string>> = {
  train: RUNS,
  finetune: TUNING_RUNS,
  backtest: BACKTEST_RUNS,
  sweep: BACKTEST_RUNS,
  merge: BACKTEST_RUNS,
  compare: COMPARISON_RUNS,
};

const BIN = fileURLToPath(new URL('../../bin/fin.js', import.meta.url));

export function addSlurmCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('slurm')
    .description(
      'writes a Slurm batch script that runs a fin command, and resumes it after a preemption; the options of the job come before the command',
    )
    .argument('[command...]', `the fin command and its options: ${Object.keys(JOBS).join(', ')}`)
    .passThroughOptions();
  addJobOptions(command);
  command
    .addOption(
      option('--out <file>', 'batch script to write', {
        parse: path,
        byDefault: 'the name of the job and .sh',
      }),
    )
    .option('--overwrite', 'replace the batch script', false)
    .option('--submit', 'submit the script with sbatch', false)
    .addOption(
      option('--template <file>', 'template of the script, to be made with --print-template and edited', {
        parse: path,
        byDefault: 'one of its own',
      }),
    )
    .option('--print-template', 'print the template of the script and write nothing', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
With --array, ${TASK} in a word of the command stands for the index of the array task:
  fin slurm --time 4:00:00 --cpus 8 --array 1-5 train --seed ${TASK} --run runs/seed-${TASK}
A backtest or sweep in four parts, and the job that makes one run of them:
  fin slurm --submit --array 1-4 backtest --part ${TASK}/4 --run runs/part-${TASK}
  fin slurm --submit --after JOB merge runs/part-1 runs/part-2 runs/part-3 runs/part-4 --run runs/whole`,
    )
    .action(async (words: readonly string[], flags: Flags) => {
      if (flags.printTemplate) {
        const template = readTemplate();
        terminal.result(flags.json, { template }, () => template.trimEnd().split('\n'));
        return;
      }
      const job = await jobOf(words, flags, command, program);
      const out = flags.out ?? `${job.request.name}.sh`;
      await requireFreeOutput(out, flags.template === undefined ? [] : [flags.template]);
      if (existsSync(out) && !flags.overwrite) {
        throw new OutputError(out, 'it exists; --overwrite replaces it');
      }
      await writeFileAtomically(out, slurmScript(job, readTemplate(flags.template), flags.template));
      const jobId = flags.submit ? await submit(resolve(out), job.folder) : null;
      terminal.result(flags.json, { script: out, run: job.run, job: jobId }, () => [
        out,
        jobId === null ? `next: sbatch ${shellQuote(out)}` : `submitted as job ${jobId}; see squeue --me`,
      ]);
    });
}

function addJobOptions(command: Command): void {
  const where = 'the decision of the cluster';
  command
    .addOption(
      option('--name <name>', 'name of the job', {
        parse: word('a name', /^[\w.-]+$/),
        byDefault: 'fin-COMMAND',
      }),
    )
    .addOption(
      option('--partition <names>', 'partitions, with commas between', {
        parse: word('names', /^[\w.,-]+$/),
        byDefault: where,
      }),
    )
    .addOption(
      option('--account <name>', 'account that is charged', {
        parse: word('a name', /^[\w.-]+$/),
        byDefault: where,
      }),
    )
    .addOption(
      option('--time <limit>', 'time limit, such as 90 (minutes), 4:00:00 or 1-12:00:00', {
        parse: timeLimit,
        byDefault: where,
      }),
    )
    .addOption(option('--cpus <n>', 'processor cores', { parse: numbers.cpus, byDefault: where }))
    .addOption(
      option('--gpus <n>', 'GPUs, such as 1 or a100:1', {
        parse: word('a number, or type:number', /^([\w.-]+:)?[1-9]\d*$/),
        byDefault: 'none',
      }),
    )
    .addOption(
      option('--memory <size>', 'memory of the job on its node, such as 16G', {
        parse: word('a number with K, M, G or T', /^\d+[KMGT]?$/i),
        byDefault: where,
      }),
    )
    .addOption(
      option('--ntasks <n>', 'processes that srun starts and that train together over MPI', {
        parse: numbers.ntasks,
        byDefault: '1',
      }),
    )
    .addOption(
      option(
        '--array <indices>',
        `a job for each index, such as 1-5, or 0-99%10 for ten at a time; needs ${TASK} in the command`,
        {
          parse: word(
            'indices such as 1-5 or 1,3,7%2',
            /^\d+(-\d+(:\d+)?)?(,\d+(-\d+(:\d+)?)?)*(%[1-9]\d*)?$/,
          ),
        },
      ),
    )
    .addOption(
      option(
        '--after <jobs>',
        'numbers of jobs, with commas between, that must have ended well before this one begins',
        {
          parse: word('numbers of jobs such as 1234 or 1234,1235', /^\d+(,\d+)*$/),
          byDefault: 'none',
        },
      ),
    )
    .option('--no-requeue', 'do not put the job back into the queue when it was preempted or its time ends');
}

/** Minutes of the shortest job: the script has itself told two minutes before the end, and Slurm may be a minute early. */
const LEAST_MINUTES = 5;

/** Parses a time limit as sbatch writes it: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S. */
function timeLimit(text: string): string {
  const [, days, clock] = /^(?:(\d+)-)?(\d+(?::\d\d){0,2})$/.exec(text) ?? [];
  if (clock === undefined) {
    throw new InvalidArgumentError('minutes, hours:minutes:seconds or days-hours:minutes:seconds are needed');
  }
  const parts = clock.split(':').map(Number);
  const [hours, minutes, seconds = 0] =
    days !== undefined || parts.length === 3 ? [...parts, 0] : [0, ...parts];
  const limit = Number(days ?? 0) * 1440 + hours * 60 + minutes + seconds / 60;
  if (limit >= LEAST_MINUTES) return text;
  throw new InvalidArgumentError(`at least ${LEAST_MINUTES} minutes are needed`);
}

/** Makes a parser of a value that goes into the script as it is, so nothing else may be in it. */
function word(what: string, pattern: RegExp): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`${what} is needed`);
  };
}

/** @throws {CommanderError} when the words are no command that can be a job */
async function jobOf(
  [name, ...words]: readonly string[],
  flags: Flags,
  command: Command,
  program: Command,
): Promise<Job> {
  const known = Object.keys(JOBS).join(', ');
  if (name === undefined) command.error(`error: a fin command is needed: ${known}`);
  const fin = Object.hasOwn(JOBS, name) && program.commands.find((one) => one.name() === name);
  if (!fin) command.error(`error: fin ${name} cannot be a job; there are ${known}`);
  const taskFault = faultOfTasks(words, flags.array !== undefined);
  if (taskFault !== null) command.error(`error: ${taskFault}`);
  const { array, after, requeue, partition, account, time, cpus, gpus, memory, ntasks } = flags;
  const firstTask = array === undefined ? null : String(Number.parseInt(array, 10));
  const parsed = await parseOnly(
    fin,
    words.map((text) => (firstTask === null ? text : text.replaceAll(TASK, firstTask))),
  );
  const fault = faultOf(parsed);
  if (fault !== null) command.error(`error: ${fault}`);
  if ((ntasks ?? 1) > 1 && !RANKED.includes(name)) {
    command.error(
      `error: --ntasks is for ${Object.keys(JOBS)
        .filter((one) => RANKED.includes(one))
        .join(', ')}: fin ${name} starts its own processes, on the cores of --cpus`,
    );
  }
  const { run, rest } = takeRun(fin, words);
  if (array !== undefined && run !== undefined && !run.includes(TASK)) {
    command.error(
      `error: all tasks of the array would write to ${run}: put ${TASK} into the name, such as --run ${run}-${TASK}`,
    );
  }
  return {
    request: {
      name: flags.name ?? `fin-${name}`,
      partition,
      account,
      time,
      cpus,
      gpus,
      memory,
      ntasks,
      array,
      after,
      requeue,
    },
    folder: process.cwd(),
    fin: [process.execPath, BIN],
    command: name,
    run: run ?? `${newRunFolder(JOBS[name])}${array === undefined ? '' : `-${TASK}`}`,
    arguments: rest,
  };
}

/** Why these words cannot be a job array, or a single job; null if they can. */
function faultOfTasks(words: readonly string[], isArray: boolean): string | null {
  const perTask = words.find((text) => text.includes(TASK));
  if (!isArray)
    return perTask === undefined ? null : `"${perTask}" needs --array, which gives ${TASK} its values`;
  if (perTask !== undefined) return null;
  return `every task of the array would do the same: put ${TASK} into the command, such as --seed ${TASK}`;
}

/** Why a command with these options cannot be a job; null if it can. */
function faultOf({ resume, overwrite, warmUp }: ParsedFlags): string | null {
  if (resume !== undefined) return 'leave --resume out: the script resumes an unfinished run by itself';
  if (overwrite) {
    return 'leave --overwrite out: a job that Slurm starts again would replace its own work. Choose another folder for the run';
  }
  if (warmUp !== undefined) return '--warm-up makes two runs, and a job resumes one: write a job for each';
  return null;
}
