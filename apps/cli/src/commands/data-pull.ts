import { requireFreeOutput, requireWritableFolder } from '@fin/run';
import type { PriceSourceName, PulledDataset, PulledPrices } from '@fin/sources';
import type { Command } from 'commander';
import { interruptible } from '../io/interruption.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { fileSize } from '../io/terminal.js';
import { jsonOption, option, path, priceSourceOption } from '../options.js';

interface PriceFlags {
  readonly from: PriceSourceName;
  readonly start?: string;
  readonly end?: string;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly json: boolean;
}

interface KaggleFlags {
  readonly out?: string;
  readonly json: boolean;
}

/** The data set of the headlines and prices that every default here is made for. */
const DATASET = 'aaron7sun/stocknews';

/** Adds `fin data pull` to `fin data`. */
export function addPullCommands(data: Command, terminal: Terminal): void {
  const group = data
    .command('pull')
    .description('fetches prices, or headlines and prices, from where they are published');
  group
    .command('prices')
    .description('fetches the daily prices of an index or a stock as a CSV file for --prices')
    .argument('<symbol>', 'as the source writes it, such as ^DJI')
    .addOption(
      priceSourceOption('place to fetch from; stooq wants a key in STOOQ_API_KEY').makeOptionMandatory(),
    )
    .addOption(
      option('--start <date>', 'first day, YYYY-MM-DD', { byDefault: 'the first that the source has' }),
    )
    .addOption(
      option('--end <date>', 'last day, included; a day that is not over in New York is left out', {
        byDefault: 'the last that is over',
      }),
    )
    .addOption(option('--out <file>', 'file to write', { parse: path, byDefault: 'the symbol, as dji.csv' }))
    .option('--overwrite', 'replace the file', false)
    .addOption(jsonOption())
    .action(async (symbol: string, flags: PriceFlags) => {
      terminal.result(flags.json, await pullPriceFile(symbol, flags, terminal), priceLines);
    });
  group
    .command('kaggle')
    .description(
      'fetches a data set from Kaggle and unpacks it into a folder for --data. A public data set needs no account; for others it takes the credentials of ' +
        "Kaggle's own tools: ~/.kaggle/kaggle.json, KAGGLE_API_TOKEN, or KAGGLE_USERNAME with KAGGLE_KEY",
    )
    .argument('[dataset]', `as its address ends (default: ${DATASET})`)
    .addOption(
      option('--out <dir>', 'folder to write; it must not exist or be empty', {
        parse: path,
        byDefault: 'the name of the data set',
      }),
    )
    .addOption(jsonOption())
    .action(async (dataset: string | undefined, flags: KaggleFlags) => {
      terminal.result(flags.json, await pullDataset(dataset ?? DATASET, flags, terminal), datasetLines);
    });
}

/** `^DJI` as `dji.csv` */
const fileOf = (symbol: string): string =>
  `${symbol.toLowerCase().replace(/[^a-z0-9.-]+/g, '') || 'prices'}.csv`;

async function pullPriceFile(
  symbol: string,
  { from, start, end, out = fileOf(symbol), overwrite }: PriceFlags,
  terminal: Terminal,
): Promise<PulledPrices> {
  await requireFreeOutput(out);
  const { pullPrices } = await import('@fin/sources');
  return interruptible(
    () => '; nothing was written',
    (signal) =>
      pullPrices(symbol, {
        from,
        out,
        overwrite,
        signal,
        onNote: (text) => terminal.line(`note: ${text}`),
        ...(start !== undefined && { start }),
        ...(end !== undefined && { end }),
      }),
  );
}

async function pullDataset(
  dataset: string,
  { out = dataset.split('/')[1] || 'kaggle' }: KaggleFlags,
  terminal: Terminal,
): Promise<PulledDataset> {
  await requireWritableFolder(out);
  const { pullKaggle } = await import('@fin/sources');
  const progress = createProgress(terminal);
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  try {
    return await interruptible(
      () => '; nothing was written',
      (signal) =>
        pullKaggle(dataset, {
          out,
          signal,
          onNote: (text) => progress.line(`note: ${text}`),
          onProgress: (done, total) => {
            if (total !== null) progress.update(`${dataset} (MB)`, megabytes(done), megabytes(total));
          },
        }),
    );
  } finally {
    progress.end();
  }
}

const priceLines = ({ file, days, first, last, source, name }: PulledPrices): string[] => [
  file,
  `${name} of ${source}: ${days} days, ${first} … ${last}`,
];

const datasetLines = ({ dir, name, files }: PulledDataset): string[] => [
  dir,
  `${name}: ${files.map(({ path: file, size }) => `${file} (${fileSize(size)})`).join(', ')}`,
];
