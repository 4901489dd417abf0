import type { InferencePrecision } from '@fin/amp';
import { writeFileAtomically } from '@fin/files';
import { requireFreeOutput, requireWritableFolder } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { DayAggregate, DaySentiment, FinBert } from '@fin/sentiment';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { modelFolder } from '../hub-models.js';
import { interruptible } from '../io/interruption.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import type { MarketFlags } from '../market.js';
import { addMarketOptions, marketOfFlags, noteMarket, openMarket } from '../market.js';
import { backendOption, inferencePrecisionOption, jsonOption, option, path } from '../options.js';
import { chooseModel } from '../runs.js';
import { addSentimentEvaluateCommand } from './sentiment-evaluate.js';

interface Options extends MarketFlags {
  readonly model?: string;
  readonly base?: string;
  readonly cache?: string;
  readonly aggregate?: DayAggregate;
  readonly out?: string;
  readonly precision?: InferencePrecision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

type Day = DaySentiment & { readonly date: string };

/** Result of the command. */
interface Result {
  readonly model: string;
  /** sha256 of everything besides the text that a score depends on. */
  readonly fingerprint: string;
  readonly precision: InferencePrecision;
  readonly market: string;
  readonly synthetic: boolean;
  readonly headlines: number;
  readonly distinct: number;
  /** Headlines that this command scored; the others were in the cache. */
  readonly scored: number;
  readonly tokens: number;
  /** Duration of the scoring. */
  readonly seconds: number;
  readonly headlinesPerSecond: number | null;
  readonly aggregate: DayAggregate;
  readonly days: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Mean score of the days. */
  readonly meanScore: number;
  /** CSV file of the days; null when none was requested. */
  readonly out: string | null;
  /** The days themselves, unless they are in a file. */
  readonly daily?: readonly Day[];
}

export function addSentimentCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('sentiment')
    .description('scores every headline with a sentiment model, and combines the scores of each day')
    .enablePositionalOptions(); // `sentiment evaluate --model` is an option of evaluate
  addSentimentEvaluateCommand(command, terminal);
  addMarketOptions(command)
    .addOption(
      option(
        '--model <dir>',
        'a run of `fin finetune`, or a sentiment model or adapter: a folder, or a name on the hub',
        {
          parse: path,
        },
      ),
    )
    .addOption(
      option('--base <dir>', "an adapter's base model", {
        parse: path,
        byDefault: 'its folder when the adapter was trained',
      }),
    )
    .addOption(
      option('--cache <dir>', 'cache folder of the scores', {
        parse: path,
        byDefault: "sentiment/ in fin's cache folder",
      }),
    )
    .addOption(
      option('--aggregate <how>', "how to combine a day's scores: all alike, or top headlines count more", {
        choices: ['mean', 'rank'],
        byDefault: 'mean',
      }),
    )
    .addOption(option('--out <file>', 'CSV file to write, one line per day', { parse: path }))
    .addOption(inferencePrecisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { out, cache, base } = options;
      const model = options.model ?? command.error("error: required option '--model <dir>' not specified");
      const market = marketOfFlags(command, options);
      const { data, prices, headlines = [] } = market;
      const inputs = [data, prices, ...headlines, model, base].filter((input) => input !== undefined);
      if (out !== undefined) await requireFreeOutput(out, inputs);
      if (cache !== undefined) await requireWritableFolder(cache);
      const result = await interruptible(
        () => '; the scores so far are kept',
        (signal) => sentiment({ ...options, model, market }, signal, terminal),
      );
      terminal.result(options.json, result, resultLines);
    });
}

async function sentiment(
  options: Options & { readonly model: string; readonly market: MarketFlags },
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Result> {
  const dir = await chooseModel(options.model);
  const base = options.base === undefined ? undefined : await modelFolder(options.base);
  const market = await openMarket(options.market);
  const { aggregateDays, FinBert } = await import('@fin/sentiment');
  const { describePrecision } = await import('@fin/amp');
  await startBackend(options.backend, terminal);
  const { cache: cacheDir, precision = 'fp32', aggregate = 'mean' } = options;
  notePrecision(describePrecision(precision), terminal);
  noteMarket(market, terminal);
  const texts = market.headlines.array('text') as string[];
  const dates = market.headlines.array('date') as string[];
  const ranks = market.headlines.array('rank') as number[];
  const finbert = await FinBert.load(dir, { base, cacheDir, precision });
  try {
    const { sentiments, ...work } = await score(finbert, texts, signal, terminal);
    const daily = aggregateDays(
      sentiments.map((one, i) => ({ date: dates[i], rank: ranks[i], sentiment: one })),
      aggregate,
    );
    if (options.out !== undefined) await writeFileAtomically(options.out, csv(daily));
    return {
      model: dir,
      fingerprint: finbert.fingerprint,
      precision,
      market: market.name,
      synthetic: market.synthetic,
      headlines: texts.length,
      distinct: new Set(texts).size,
      ...work,
      aggregate,
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

async function score(finbert: FinBert, texts: readonly string[], signal: AbortSignal, terminal: Terminal) {
  const progress = createProgress(terminal);
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

function resultLines(result: Result): string[] {
  const { market, headlines, distinct, scored, seconds, headlinesPerSecond } = result;
  const speed =
    headlinesPerSecond === null ? '' : ` in ${seconds.toFixed(1)} s (${headlinesPerSecond.toFixed(1)}/s)`;
  return [
    `${market}${result.synthetic ? ' (made up)' : ''}: ${headlines} headlines, ${distinct} distinct`,
    `${scored} scored${speed}, ${distinct - scored} from the cache`,
    `${result.days} days, ${result.first} … ${result.last}: mean score ${result.meanScore.toFixed(4)}`,
    result.out ?? 'give --out FILE for one line per day, or --json',
  ];
}
