import type { Precision } from '@fin/amp';
import type { DayAggregate, DaySentiment, FinBert } from '@fin/finbert-lora';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { Option } from 'commander';
import { interruptible } from '../io/interruption.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { createProgress } from '../io/progress.js';
import { writeTextFile } from '../io/write-text-file.js';
import { loadBackend } from '../load-backend.js';
import { notePrecision } from '../note-precision.js';
import { noteMadeUp, openMarket } from '../open-market.js';
import { refuseUnfinished } from '../unfinished-run.js';
import { backendOption, dataOption, jsonOption, precisionOption } from './options.js';

interface Options {
  readonly data?: string;
  readonly model: string;
  readonly base?: string;
  readonly cache?: string;
  readonly aggregate: DayAggregate;
  readonly out?: string;
  readonly precision?: Precision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

type Day = DaySentiment & { readonly date: string };

/** What the command tells. */
interface Result {
  readonly model: string;
  /** sha256 of all that decides a score beside the text. */
  readonly fingerprint: string;
  readonly precision: Precision;
  readonly market: string;
  readonly synthetic: boolean;
  readonly headlines: number;
  readonly distinct: number;
  /** Headlines that went through the model this time; the others were known. */
  readonly scored: number;
  readonly tokens: number;
  /** Of the scoring. */
  readonly seconds: number;
  readonly headlinesPerSecond: number | null;
  readonly aggregate: DayAggregate;
  readonly days: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Mean score of the days. */
  readonly meanScore: number;
  /** The file that holds the days; null when none was asked for. */
  readonly out: string | null;
  /** The days themselves, unless they are in a file. */
  readonly daily?: readonly Day[];
}

export function addSentimentCommand(program: Command, io: Io): void {
  program
    .command('sentiment')
    .description(
      "scores every headline with a sentiment model, each once, and makes one sentiment of each day's",
    )
    .addOption(dataOption())
    .requiredOption('--model <dir>', 'a run of `fin finetune`, or the folder of a sentiment model or adapter')
    .option('--base <dir>', "an adapter's base model (default: where it was when the adapter was trained)")
    .option('--cache <dir>', 'where scores are kept (default: in the cache of native TensorFlow)')
    .addOption(
      new Option('--aggregate <how>', "how a day's scores become one: all alike, or the top ones more")
        .choices(['mean', 'rank'])
        .default('mean'),
    )
    .option('--out <file>', 'CSV file to write, one line per day')
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const result = await interruptible(
        () => '; what was scored so far is kept',
        (signal) => sentiment(options, signal, io),
      );
      printResult(io, options.json, result, resultText);
    });
}

async function sentiment(options: Options, signal: AbortSignal, io: Io): Promise<Result> {
  refuseUnfinished(options.model);
  const market = await openMarket({ data: options.data });
  const { aggregateDays, FinBert } = await import('@fin/finbert-lora');
  const { describePrecision, modelOfRun } = await import('@fin/forecast');
  await loadBackend(options.backend, io);
  const { base, cache: cacheDir, precision = 'fp32' } = options;
  notePrecision(describePrecision(precision), io);
  noteMadeUp(market, io);
  const texts = market.headlines.array('text') as string[];
  const dates = market.headlines.array('date') as string[];
  const ranks = market.headlines.array('rank') as number[];
  const dir = modelOfRun(options.model);
  const finbert = await FinBert.load(dir, { base, cacheDir, precision });
  try {
    const { sentiments, ...work } = await score(finbert, texts, signal, io);
    const daily = aggregateDays(
      sentiments.map((one, i) => ({ date: dates[i], rank: ranks[i], sentiment: one })),
      options.aggregate,
    );
    if (options.out !== undefined) await writeTextFile(options.out, csv(daily));
    return {
      model: dir,
      fingerprint: finbert.fingerprint,
      precision,
      market: market.name,
      synthetic: market.synthetic,
      headlines: texts.length,
      distinct: new Set(texts).size,
      ...work,
      aggregate: options.aggregate,
      days: daily.length,
      first: daily[0]?.date ?? null,
      last: daily[daily.length - 1]?.date ?? null,
      meanScore: daily.reduce((sum, day) => sum + day.score, 0) / Math.max(1, daily.length),
      out: options.out ?? null,
      ...(options.out === undefined && { daily }),
    };
  } finally {
    finbert.dispose();
  }
}

async function score(finbert: FinBert, texts: readonly string[], signal: AbortSignal, io: Io) {
  const progress = createProgress(io);
  const started = performance.now();
  let scored = 0;
  let tokens = 0;
  try {
    const sentiments = await finbert.sentiment(texts, {
      signal,
      onProgress: (made) => {
        scored = made.texts;
        tokens = made.tokens;
        progress.update('scoring tokens', tokens, made.totalTokens, `${scored} headlines`);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    return { sentiments, scored, tokens, seconds, headlinesPerSecond: scored > 0 ? scored / seconds : null };
  } finally {
    progress.end();
  }
}

function csv(days: readonly Day[]): string {
  const columns = ['date', 'headlines', 'positive', 'negative', 'neutral', 'score'] as const;
  const lines = days.map((day) => columns.map((column) => day[column]).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

function resultText(result: Result): string {
  const { market, headlines, distinct, scored, seconds, headlinesPerSecond } = result;
  const speed =
    headlinesPerSecond === null ? '' : ` in ${seconds.toFixed(1)} s (${headlinesPerSecond.toFixed(1)}/s)`;
  return [
    `${market}${result.synthetic ? ' (made up)' : ''}: ${headlines} headlines, ${distinct} distinct`,
    `${scored} scored${speed}, ${distinct - scored} known from before`,
    `${result.days} days, ${result.first} … ${result.last}: mean score ${result.meanScore.toFixed(4)}`,
    result.out ?? 'give --out FILE for one line per day, or --json',
  ].join('\n');
}
