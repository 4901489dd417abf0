import process from 'node:process';
import { requireLogFolder, requireWritableFolder } from '@fin/run';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { isFollower } from './ranks.js';

/** Parsing and `--help` text of an option. */
interface OptionDetails {
  readonly choices?: readonly string[];
  readonly parse?: (text: string, before: unknown) => unknown;
  /** Text of the default in `--help`. The library fills in the value itself. */
  readonly byDefault?: string;
  /** Environment variable that sets the option if it is not given. An empty variable counts as unset. */
  readonly env?: string;
}

/** Makes an option. Every option that has a default names it here. */
export function option(flags: string, description: string, details: OptionDetails = {}): Option {
  const { choices, parse, byDefault, env } = details;
  const made = new Option(
    flags,
    byDefault === undefined ? description : `${description} (default: ${byDefault})`,
  );
  if (choices) made.choices(choices);
  if (parse) made.argParser(parse);
  if (env !== undefined && process.env[env] !== '') made.env(env);
  return made;
}

/** Parses a path. An empty one is refused: it would mean the current folder, which is hardly intended. */
export function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('a path is needed, not an empty text');
  return text;
}

/** Makes a parser of names with commas between. @param known the names that there are, @param what word for one of them */
export function listOf<Name extends string>(known: readonly Name[], what: string): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((part) => {
      const name = known.find((one) => one === part.trim());
      if (name) return name;
      throw new InvalidArgumentError(`there is no ${what} "${part}"; there are ${known.join(', ')}`);
    });
}

function whole(least: number, most: number): NumberParser {
  return (text) => {
    const value = /^\d+(e\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number of at least ${least} and at most ${most} is needed`);
  };
}

/** @param over whether the number must be larger than `least`, @param under whether it must be smaller than `most` */
function number(least: number, most: number, { over = false, under = false } = {}): NumberParser {
  const range = `${over ? 'above' : 'of at least'} ${least} and ${under ? 'below' : 'at most'} ${most}`;
  return (text) => {
    const value = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most && !(over && value === least) && !(under && value === most))
      return value;
    throw new InvalidArgumentError(`a number ${range} is needed`);
  };
}

type NumberParser = (text: string) => number;

/** Valid range of every numeric option. Values outside are probably typing errors. */
export const numbers: Readonly<
  Record<
    | 'seed'
    | 'epochs'
    | 'batchSize'
    | 'learningRate'
    | 'layerDecay'
    | 'rank'
    | 'loraAlpha'
    | 'dropout'
    | 'signal'
    | 'days'
    | 'daysOrNone'
    | 'seeds'
    | 'workers'
    | 'cpus'
    | 'ntasks'
    | 'width'
    | 'layers'
    | 'layerNumber'
    | 'weightDecay'
    | 'gradNorm'
    | 'batches'
    | 'calls'
    | 'seconds',
    NumberParser
  >
> = {
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  epochs: whole(1, 10_000),
  batchSize: whole(1, 10_000),
  learningRate: number(0, 1, { over: true }),
  /** 1 gives every layer the same rate. With 10, the tenth layer from the top would have a ten-billionth of the rate. */
  layerDecay: number(1, 10),
  rank: whole(1, 10_000),
  loraAlpha: number(0, 10_000, { over: true }),
  dropout: number(0, 1, { under: true }),
  /** Log return per day. Real ones are rarely above 0.1. */
  signal: number(0, 0.1),
  days: whole(1, 100_000),
  daysOrNone: whole(0, 100_000),
  seeds: whole(1, 1000),
  /** 0 trains in the command's own process. */
  workers: whole(0, 1024),
  cpus: whole(1, 10_000),
  ntasks: whole(1, 100_000),
  width: whole(1, 100_000),
  layers: whole(1, 100),
  layerNumber: whole(0, 1000),
  weightDecay: number(0, 10),
  gradNorm: number(0, 1e6, { over: true }),
  /** The first two updates of a process are not timed. */
  batches: whole(3, 1_000_000),
  calls: whole(1, 1_000_000),
  seconds: number(0, 3600, { over: true }),
};

export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON document on stdout').default(false);

export const runOption = (): Option =>
  option('--run <dir>', 'run folder', { parse: path, byDefault: 'the newest finished run under ./runs' });

/** @param parent folder of the runs that are named after their start */
export const newRunOption = (parent: string): Option =>
  option('--run <dir>', 'run folder to write', { parse: path, byDefault: `${parent}/ and the start time` });

export const overwriteOption = (): Option =>
  new Option('--overwrite', 'replace the run in the run folder').default(false);

/** Options of what is recorded of a training besides its metrics. */
export interface RecordFlags {
  readonly profile?: true;
  readonly tensorboard?: string;
}

/** Adds the options of {@link RecordFlags}, which do not change the training. */
export function addRecordOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--profile',
        'profile three updates after the first ones, and write profile.txt, profile.json and trace.json into the run folder (native TensorFlow only)',
      ),
    )
    .addOption(
      option(
        '--tensorboard <dir>',
        'write losses, metrics and learning rates for TensorBoard to this folder, outside the run folder',
        { parse: path },
      ),
    );
}

/** Checks the folders that a training writes to. */
export async function requireTrainingFolders(runDir: string, { tensorboard }: RecordFlags): Promise<void> {
  if (isFollower()) return;
  await requireWritableFolder(runDir);
  if (tensorboard !== undefined) await requireLogFolder(tensorboard, runDir);
}

/** The options of {@link addRecordOptions} as the library takes them. */
export const recordSettings = ({
  profile,
  tensorboard,
}: RecordFlags): { readonly profile?: boolean; readonly tensorBoard?: string } => ({
  profile,
  tensorBoard: tensorboard,
});

export const backendOption = (): Option =>
  option('--backend <name>', 'backend to compute on', {
    choices: ['tensorflow', 'wasm', 'cpu'],
    byDefault: 'the fastest one available',
    env: 'FIN_BACKEND',
  });

/** @param description what is fetched from the place */
export const priceSourceOption = (description: string): Option =>
  option('--from <source>', description, { choices: ['stooq', 'yahoo'] });

const trainingPrecisions: readonly string[] = ['fp32', 'bf16', 'fp16'];

function trainingPrecision(text: string): string {
  if (trainingPrecisions.includes(text)) return text;
  const instead =
    text === 'int8'
      ? ' int8 is for `fin sentiment` alone. To train adapters on weights in 8 bits, use --storage int8.'
      : '';
  throw new InvalidArgumentError(`Allowed choices are ${trainingPrecisions.join(', ')}.${instead}`);
}

export const precisionOption = (): Option =>
  option('--precision <name>', 'number format for compute and frozen weights; see `fin doctor`', {
    choices: trainingPrecisions,
    parse: trainingPrecision,
    byDefault: 'fp32',
  });

/** For commands that train nothing. */
export const inferencePrecisionOption = (): Option =>
  option(
    '--precision <name>',
    'number format for compute and weights; int8 is dynamic quantization of linear layers; see `fin doctor`',
    { choices: [...trainingPrecisions, 'int8'], byDefault: 'fp32' },
  );

/** @param when what it needs */
export const storageOption = (when: string): Option =>
  option('--storage <format>', `${when}: store frozen matrices in 4 bits (nf4, as QLoRA) or 8 (int8)`, {
    choices: ['nf4', 'int8'],
    byDefault: 'the format of --precision',
  });

export const optimizerOption = (): Option =>
  option(
    '--optimizer <name>',
    'AdamW with its state in float32, or in 8 bits, which takes a quarter of the memory',
    {
      choices: ['adamw', 'adamw8bit'],
      byDefault: 'adamw',
    },
  );

/** Options of LoRA adapters. */
export interface LoraFlags {
  readonly loraR?: number;
  readonly loraAlpha?: number;
  readonly loraDropout?: number;
  readonly targetModules?: string[];
}

/** @param defaults texts of the defaults that differ between commands */
export function loraOptions(defaults: { readonly alpha: string; readonly dropout: string }): Option[] {
  return [
    option('--r, --lora-r <rank>', 'rank of the LoRA adapters', { parse: numbers.rank, byDefault: '8' }),
    option('--lora-alpha <x>', "the adapters' output is scaled by this over the rank", {
      parse: numbers.loraAlpha,
      byDefault: defaults.alpha,
    }),
    option('--lora-dropout <share>', "dropout of the adapters' input", {
      parse: numbers.dropout,
      byDefault: defaults.dropout,
    }),
    option('--target-modules <names...>', 'linear layers that get an adapter, or all-linear', {
      byDefault: 'query value',
    }),
  ];
}

/** The settings of adapters that these options name. */
export function loraSettings({ loraR, loraAlpha, loraDropout, targetModules: targets }: LoraFlags): {
  readonly r?: number;
  readonly loraAlpha?: number;
  readonly loraDropout?: number;
  readonly targetModules?: string[] | string;
} {
  const targetModules = targets?.[0] === 'all-linear' ? 'all-linear' : targets;
  return given({ r: loraR, loraAlpha, loraDropout, targetModules });
}

export const resumeOption = (): Option =>
  option(
    '--resume [last-good]',
    'resume the interrupted run in --run, with its own settings and data; with last-good, skip damaged checkpoints',
    { choices: ['last-good'] },
  ).conflicts('overwrite');

/** The value of `--resume`. */
export type Resume = true | 'last-good';

/** The folder of the run to resume. */
export function runToResume(command: Command, run: string | undefined): string {
  return run ?? command.error('error: --resume needs --run, the folder of the run to resume');
}

/** Converts the value of `--resume` to the library's option. */
export const resumeFrom = (resume: Resume | undefined): boolean | 'lastGood' =>
  resume === 'last-good' ? 'lastGood' : resume === true;

/** The values that are not undefined. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
