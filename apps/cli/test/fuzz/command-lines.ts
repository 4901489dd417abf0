/** A seeded source of choices. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  below(n: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % n;
  }

  chance(share: number): boolean {
    return this.below(1_000_000) < share * 1_000_000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** Paths in the working folder that a command line may name. */
export interface Places {
  /** Inputs that work: runs, markets, models, files. */
  readonly good: readonly string[];
  /** Broken inputs. */
  readonly broken: readonly string[];
}

const ESC = String.fromCharCode(0x1b);

/** Names that shells, terminals and path functions stumble over. */
export const WEIRD_NAMES: readonly string[] = [
  'y',
  '-x',
  '--run',
  'a b',
  "it's",
  '$(touch pwned)',
  '`touch pwned`',
  '*',
  '~',
  'new\nline',
  `bell\u0007${ESC}[31mred`,
  '\u202egnp.exe',
  'ü/日本/🙂',
  '.',
  '..',
  './',
  'x/../x',
  'con',
  'n'.repeat(250),
  'n/'.repeat(400),
  '%s%d%n',
  'a;b',
];

const WEIRD_NUMBERS = [
  '',
  ' ',
  '0',
  '-0',
  '-1',
  '1',
  '1.5',
  'NaN',
  'Infinity',
  '1e400',
  '1e300',
  '1e12',
  '0x10',
  '१',
];
const WORDS = [
  '',
  'x',
  '--',
  '-',
  '--json',
  '--nope',
  '-h',
  '--help',
  '--version',
  'null',
  '{}',
  '=',
  '--run=',
  'train',
];

type Values = (dice: Dice, places: Places) => readonly string[];

const anyPath: Values = (dice, { good, broken }) => [
  dice.chance(0.5) ? dice.pick(good) : dice.chance(0.7) ? dice.pick(broken) : dice.pick(WEIRD_NAMES),
];
const output: Values = (dice, places) =>
  dice.chance(0.5)
    ? [`out/${dice.below(50)}`]
    : dice.chance(0.3)
      ? [`out/${dice.pick(WEIRD_NAMES)}`]
      : anyPath(dice, places);
const likely =
  (...names: string[]): Values =>
  (dice, places) =>
    dice.chance(0.6) ? [dice.pick(names)] : anyPath(dice, places);
const oneOf =
  (...choices: string[]): Values =>
  (dice) => [dice.chance(0.85) ? dice.pick(choices) : dice.pick(WORDS)];
const numberOf =
  (...choices: string[]): Values =>
  (dice) => [dice.chance(0.6) ? dice.pick(choices) : dice.pick(WEIRD_NUMBERS)];
const flag: Values = () => [];

/** Settings of a forecaster. */
const forecasterOptions: Readonly<Record<string, Values>> = {
  '--config': likely('settings.yaml', 'settings.json', 'run/config.json'),
  '--text': oneOf('none', 'random', 'scored', 'joint'),
  '--prices-only': flag,
  '--no-prices': flag,
  '--finetuning': oneOf('lora', 'full'),
  '--lora-r': numberOf('2'),
  '--target-modules': (dice) => [dice.pick(['query', 'all-linear', '', 'nope', '('])],
  '--target': oneOf('return', 'close'),
  '--window': numberOf('2', '10'),
  '--hidden-size': numberOf('4'),
  '--layers': numberOf('1', '2'),
  '--lstm-dropout': numberOf('0', '0.1'),
  '--pooling': oneOf('last', 'attention'),
  '--headlines-per-day': numberOf('1', 'all'),
  '--batch-size': numberOf('16'),
  '--accumulate': numberOf('1', '2'),
  '--patience': numberOf('0', '1'),
  '--text-learning-rate': numberOf('0.001'),
  '--max-grad-norm': numberOf('1'),
};

/** One of the choices that mostly work, or of those that do not. */
const mostly =
  (good: readonly string[], bad: readonly string[]): Values =>
  (dice) => [dice.pick(dice.chance(0.75) ? good : dice.chance(0.8) ? bad : WORDS)];

/** What files of a market leave open. */
const openQuestions: Readonly<Record<string, Values>> = {
  '--columns': mostly(
    ['close=Close', 'date=Date'],
    ['close=Kurs,date=Tag', 'text=Top1,time=Date', 'close=', '='],
  ),
  '--date-format': mostly(['YYYY-MM-DD', 'DD.MM.YYYY'], ['MM/DD/YYYY', 'YYYY', '']),
  '--decimal': mostly(['point'], ['comma']),
  '--ticker': oneOf('AAA', 'BBB', 'CCC'),
  '--time-zone': mostly(['UTC', 'Europe/Berlin'], ['Mars']),
  '--deduplicate': flag,
};

/** Options of the files of a market. */
const fileOptions: Readonly<Record<string, Values>> = {
  '--prices': likely('market/upload_DJIA_table.csv', 'tickers.csv', 'kurse.csv'),
  '--headlines': likely('market/Combined_News_DJIA.csv', 'news.jsonl'),
  ...openQuestions,
};

/** Options of files of labelled sentences. */
const sentenceOptions: Readonly<Record<string, Values>> = {
  '--labels': mostly(['0=negative,1=neutral,2=positive'], ['up=positive', '=', '0=bad']),
  '--columns': mostly(['text=text,label=label'], ['text=a,label=b', 'nope']),
};

/** Options of a walk-forward evaluation that takes a few seconds. */
const walkAlways: Readonly<Record<string, Values>> = {
  '--data': likely('market'),
  '--epochs': () => ['1'],
  '--workers': () => ['1'],
  '--hidden-size': () => ['4'],
  '--refit-every': numberOf('150'),
  '--validation-days': numberOf('20'),
};
const walkOptions: Readonly<Record<string, Values>> = {
  '--run': output,
  '--overwrite': flag,
  '--resume': (dice) => (dice.chance(0.5) ? [] : [dice.pick(['last-good', 'first', ''])]),
  '--from': oneOf('2014-08-01', '2030-01-01'),
  '--to': oneOf('2014-12-31', '1999-01-01'),
  '--mode': oneOf('expanding', 'sliding'),
  '--train-days': numberOf('100'),
  '--purge': numberOf('1'),
  '--embargo': numberOf('1'),
  '--seeds': numberOf('1'),
  '--part': oneOf('1/2', '2/1'),
  '--config': likely('settings.yaml', 'settings.json', 'backtest/config.json'),
  '--model': likely('tuned', 'unfinished-tuning'),
  '--text': oneOf('none', 'scored'),
  ...fileOptions,
};

/** Commands that `fin slurm` is given; "nope" is none. */
export const slurmJobs: readonly string[] = ['train', 'backtest', 'predict', 'nope'];

/** Options of each command. The first ones in `always` are on nearly every command line, so that some of them work. */
const COMMANDS: readonly {
  readonly words: readonly string[];
  readonly weight: number;
  readonly always?: Readonly<Record<string, Values>>;
  readonly options?: Readonly<Record<string, Values>>;
}[] = [
  {
    words: ['data', 'check'],
    weight: 6,
    options: {
      '--data': likely('market'),
      ...fileOptions,
      '--all': flag,
      '--strict': flag,
    },
  },
  { words: ['data', 'describe'], weight: 4, options: { '--data': likely('market'), ...fileOptions } },
  {
    words: ['data', 'pull', 'prices'],
    weight: 3,
    always: { '': oneOf('^DJI', '../x', 'a b'), '--from': oneOf('stooq', 'yahoo') },
    options: {
      '--start': oneOf('2016-06-29', '2016-02-30'),
      '--end': oneOf('2016-06-30', '1900-01-01'),
      '--out': output,
      '--overwrite': flag,
    },
  },
  {
    words: ['data', 'pull', 'kaggle'],
    weight: 1,
    options: { '': oneOf('aaron7sun/stocknews', '../x'), '--out': output },
  },
  {
    words: ['train'],
    weight: 12,
    always: { '--data': likely('market'), '--epochs': numberOf('1') },
    options: {
      '--run': output,
      '--signal': numberOf('0', '0.01'),
      '--overwrite': flag,
      '--resume': (dice) => (dice.chance(0.5) ? [] : [dice.pick(['last-good', 'first', ''])]),
      '--seed': numberOf('1', '2'),
      '--model': likely('tuned', 'unfinished-tuning'),
      '--aggregate': oneOf('mean', 'rank', 'attention'),
      '--precision': oneOf('fp32', 'bf16'),
      '--backend': oneOf('tensorflow', 'nope'),
      '--profile': flag,
      '--tensorboard': output,
      ...forecasterOptions,
      ...fileOptions,
    },
  },
  {
    words: ['evaluate'],
    weight: 10,
    always: { '--run': likely('run', 'tuned', 'unfinished', 'backtest') },
  },
  {
    words: ['evaluate'],
    weight: 4,
    always: { '--run': likely('run'), '--prices': likely('market/upload_DJIA_table.csv') },
    options: {
      '--headlines': likely('market/Combined_News_DJIA.csv'),
      '--data': likely('market'),
      '--from': oneOf('2014-08-01', '2030-01-01'),
      '--to': oneOf('2014-12-31', '1999-01-01'),
      '--out': output,
      ...openQuestions,
    },
  },
  { words: ['backtest'], weight: 0.8, always: walkAlways, options: walkOptions },
  {
    words: ['ablate'],
    weight: 0.5,
    always: walkAlways,
    options: { ...walkOptions, '--variants': oneOf('price-only,text-only', 'price-only,price-only', ',') },
  },
  {
    words: ['sweep'],
    weight: 0.5,
    always: { '': likely('grid.yaml', 'settings.json'), ...walkAlways },
    options: walkOptions,
  },
  {
    words: ['merge'],
    weight: 0.5,
    always: { '': likely('backtest', 'run', 'unfinished') },
    options: {
      '--run': output,
      '--overwrite': flag,
      '--workers': numberOf('1'),
      ...fileOptions,
    },
  },
  {
    words: ['compare'],
    weight: 0.5,
    always: {
      '--sentences': likely('bank.txt'),
      '--model': likely('encoder'),
      '--max-batches': numberOf('3'),
      '--seeds': () => ['1'],
      '--latency-calls': () => ['1'],
    },
    options: {
      '--run': output,
      '--overwrite': flag,
      '--resume': (dice) => (dice.chance(0.5) ? [] : [dice.pick(['last-good', 'first', ''])]),
      '--job': oneOf('sentiment', 'forecast', 'sentiment,forecast', ','),
      '--variants': oneOf('full-fp32,lora-amp', 'lora-amp', ','),
      '--random-encoder': oneOf('tiny'),
      '--precision': oneOf('bf16', 'fp16', 'fp32'),
      '--max-sentences': numberOf('16'),
      '--max-days': numberOf('16'),
      '--batch-size': numberOf('4'),
      '--headlines-per-day': numberOf('1', 'all'),
      '--lora-r': numberOf('2'),
      '--labels': sentenceOptions['--labels'],
      ...fileOptions,
    },
  },
  {
    words: ['profile'],
    weight: 0.5,
    always: { '--data': likely('market', 'bank.txt'), '--model': likely('encoder', 'tuned') },
    options: {
      '--finetuning': oneOf('lora', 'full'),
      '--precision': oneOf('fp32', 'bf16'),
      '--batch-size': numberOf('4'),
      '--labels': sentenceOptions['--labels'],
      ...openQuestions,
      '--trace': output,
    },
  },
  {
    words: ['profile', '--compare'],
    weight: 2,
    always: { '': likely('run', 'tuned', 'settings.json') },
    options: { '': likely('run', 'backtest') },
  },
  {
    words: ['predict'],
    weight: 8,
    always: { '--run': likely('run', 'tuned', 'unfinished') },
    options: {
      '--data': likely('market'),
      ...fileOptions,
      '--precision': oneOf('fp32', 'bf16', 'fp16'),
      '--backend': oneOf('tensorflow', 'nope'),
      '--today': flag,
      '--from': oneOf('stooq', 'yahoo'),
      // No address on the network: these are none.
      '--feed': oneOf('news.xml', 'file:///etc/passwd'),
      '--symbol': oneOf('^DJI', '../x'),
    },
  },
  {
    words: ['report'],
    weight: 10,
    always: { '--run': likely('run', 'tuned', 'unfinished', 'backtest') },
    options: { '--out': output },
  },
  {
    words: ['finetune'],
    weight: 10,
    always: {
      '--data': likely('bank.txt', 'numbers.csv'),
      '--model': likely('encoder'),
      '--epochs': numberOf('1'),
      '--labels': sentenceOptions['--labels'],
    },
    options: {
      '--data': likely('numbers.csv'),
      '--columns': sentenceOptions['--columns'],
      '--warm-up': likely('bank.txt', 'numbers.csv'),
      '--run': output,
      '--overwrite': flag,
      '--resume': (dice) => (dice.chance(0.5) ? [] : [dice.pick(['last-good', 'first', ''])]),
      '--method': oneOf('lora', 'full'),
      '--seed': numberOf('1'),
      '--split-seed': numberOf('1'),
      '--batch-size': numberOf('8', '32'),
      '--learning-rate': numberOf('0.001'),
      '--layer-decay': numberOf('1', '1.2'),
      '--optimizer': oneOf('adamw', 'adamw8bit'),
      '--storage': oneOf('nf4', 'int8'),
      '--gradual-unfreezing': flag,
      '--no-class-weights': flag,
      '--r': numberOf('2'),
      '--lora-alpha': numberOf('4'),
      '--lora-dropout': numberOf('0', '0.1'),
      '--target-modules': (dice) =>
        dice.chance(0.5) ? ['query', 'value'] : [dice.pick(['all-linear', '', 'nope', '.*', '('])],
      '--precision': oneOf('fp32', 'bf16'),
      '--profile': flag,
      '--tensorboard': output,
    },
  },
  {
    words: ['sentiment'],
    weight: 10,
    always: { '--model': likely('tuned', 'tuned/adapter', 'encoder') },
    options: {
      '--data': likely('market'),
      ...fileOptions,
      '--base': likely('encoder'),
      '--cache': output,
      '--aggregate': oneOf('mean', 'rank'),
      '--out': output,
      '--precision': oneOf('fp32', 'bf16'),
    },
  },
  {
    words: ['sentiment', 'evaluate'],
    weight: 6,
    always: { '--model': likely('tuned', 'tuned/adapter', 'encoder'), '--data': likely('bank.txt') },
    options: {
      '--data': likely('numbers.csv'),
      ...sentenceOptions,
      '--base': likely('encoder'),
      '--out': output,
      '--precision': oneOf('fp32', 'bf16'),
    },
  },
  {
    words: ['model', 'pull'],
    weight: 1,
    always: { '': oneOf('ProsusAI/finbert', 'a/b@main', '../x') },
    options: { '--revision': oneOf('main', '../x') },
  },
  { words: ['model', 'info'], weight: 8, always: { '': likely('encoder', 'tuned/adapter') } },
  {
    words: ['model', 'convert'],
    weight: 8,
    always: { '': likely('encoder', 'tuned/adapter'), '--out': output },
    options: { '--dtype': oneOf('F32', 'BF16', 'F16') },
  },
  {
    words: ['model', 'merge'],
    weight: 4,
    always: { '': likely('tuned/adapter'), '--base': likely('encoder'), '--out': output },
    options: { '--dtype': oneOf('F32', 'BF16') },
  },
  {
    words: ['slurm'],
    weight: 4,
    // Options of the job come before the command.
    always: {
      '--out': output,
      '--time': oneOf('4:00:00', '90', '1'),
      '--array': oneOf('1-3', '0', 'all'),
      '': (dice) => [dice.pick(slurmJobs), '--seed', dice.pick(['{task}', '1', 'x'])],
      '--run': output,
      '--config': likely('settings.json'),
    },
  },
  { words: ['install', '--nope'], weight: 0.3 },
  { words: ['doctor'], weight: 0.05 },
  { words: ['data'], weight: 0.3 },
  { words: ['model'], weight: 0.3 },
  { words: [], weight: 0.3 },
  { words: ['nope'], weight: 0.5 },
];

/** Words of the commands and their groups. */
export const commandWords: readonly (readonly string[])[] = COMMANDS.map(({ words }) =>
  words.filter((word) => !word.startsWith('-')),
);

const TOTAL = COMMANDS.reduce((sum, { weight }) => sum + weight, 0);

/** One command line: mostly plausible, with options, values and paths that may be anything. */
export function commandLine(dice: Dice, places: Places): string[] {
  let left = (dice.below(1_000_000) / 1_000_000) * TOTAL;
  let at = 0;
  while (left >= COMMANDS[at].weight) left -= COMMANDS[at++].weight;
  const command = COMMANDS[at];
  const groups: string[][] = [];
  const add = (name: string, values: Values) => {
    const group = [...(name === '' ? [] : [name]), ...values(dice, places)];
    if (group.length === 2 && name.startsWith('--') && dice.chance(0.1))
      groups.push([`${group[0]}=${group[1]}`]);
    else groups.push(group);
  };
  for (const [name, values] of Object.entries(command.always ?? {})) if (dice.chance(0.95)) add(name, values);
  for (const [name, values] of Object.entries(command.options ?? {}))
    if (dice.chance(0.25)) add(name, values);
  if (dice.chance(0.3)) groups.push(['--json']);
  if (dice.chance(0.05)) groups.push([dice.pick(WORDS)]);
  if (dice.chance(0.02)) groups.push([dice.pick(WEIRD_NAMES)]);
  if (dice.chance(0.05)) groups.reverse();
  return [...command.words, ...groups.flat()];
}
