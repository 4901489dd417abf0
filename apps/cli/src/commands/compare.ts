import { resolve } from 'node:path';
import type {
  CompareEvent,
  CompareResult,
  ComparisonOptions,
  JobName,
  RandomEncoderName,
  VariantName,
} from '@fin/compare';
import type { LabelledSentences, Market } from '@fin/data';
import type { RunSource } from '@fin/run';
import { readUnfinishedRun, requireWritableFolder } from '@fin/run';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { headlinesOption } from '../forecaster-options.js';
import { hubSource } from '../hub-models.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { textTable } from '../io/terminal.js';
import type { MarketChoice, MarketFlags } from '../market.js';
import { marketOfFlags, marketSource, namedMarket, noteMarket, openMarket } from '../market.js';
import type { MarketRunFlags } from '../market-run-options.js';
import { addMarketRunOptions } from '../market-run-options.js';
import type { LoraFlags } from '../options.js';
import {
  backendOption,
  given,
  jsonOption,
  listOf,
  loraOptions,
  loraSettings,
  numbers,
  option,
  path,
  resumeFrom,
  runToResume,
} from '../options.js';
import {
  COMPARISON_RUNS,
  chooseModel,
  newRunFolder,
  reportRepaired,
  resumable,
  resumedStart,
} from '../runs.js';
import { labelsOption, openSentences } from '../sentences.js';

/** As in `@fin/compare`, which is not loaded for `--help`. */
const VARIANTS: readonly VariantName[] = [
  'full-fp32',
  'full-adamw8bit',
  'full-int8',
  'full-amp',
  'lora-fp32',
  'lora-nf4',
  'lora-int8',
  'lora-amp',
];
const JOBS: readonly JobName[] = ['sentiment', 'forecast'];
const RANDOM_ENCODERS: readonly RandomEncoderName[] = ['tiny', 'mini', 'small', 'medium', 'base'];

interface Flags extends MarketRunFlags, LoraFlags {
  readonly sentences?: string;
  readonly labels?: string;
  readonly model?: string;
  readonly randomEncoder?: RandomEncoderName;
  readonly job?: JobName[];
  readonly variants?: VariantName[];
  readonly precision?: 'bf16' | 'fp16';
  readonly seed?: number;
  readonly seeds?: number;
  readonly repeats?: number;
  readonly epochs?: number;
  readonly maxBatches?: number;
  readonly maxSentences?: number;
  readonly maxDays?: number;
  readonly batchSize?: number;
  readonly headlinesPerDay?: number | null;
  readonly latencyCalls?: number;
  readonly latencySeconds?: number;
}

export function addCompareCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('compare')
    .description(
      'measures what LoRA and mixed precision change in time, memory, size, latency and accuracy, against full fine-tuning in float32',
    );
  addInputOptions(command);
  addSizeOptions(command);
  for (const lora of loraOptions({ alpha: '32', dropout: '0.05' })) command.addOption(lora);
  command
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (flags: Flags) => {
      const runDir = flags.resume
        ? runToResume(command, flags.run)
        : (flags.run ?? newRunFolder(COMPARISON_RUNS));
      await requireWritableFolder(runDir);
      const named = { named: namedMarket(command, flags), chosen: marketOfFlags(command, flags) };
      const result = await resumable(runDir, terminal, (signal) =>
        runComparison(flags, named, runDir, signal, terminal),
      );
      if (result === null) reportRepaired(runDir, flags.json, terminal);
      else {
        const compare = await import('@fin/compare');
        terminal.result(flags.json, result, (value) => lines(value, compare));
      }
    });
}

function addInputOptions(command: Command): void {
  addMarketRunOptions(command, COMPARISON_RUNS)
    .addOption(
      option(
        '--sentences <file>',
        'labelled sentences for the job sentiment, such as Sentences_50Agree.txt of Financial PhraseBank',
        { parse: path },
      ),
    )
    .addOption(labelsOption())
    .addOption(
      option(
        '--model <dir>',
        'encoder to start from: any BERT, or a run of `fin finetune`; a folder, or a name on the hub',
        { parse: path },
      ),
    )
    .addOption(
      option(
        '--random-encoder <size>',
        'in place of --model, a BERT with random weights in the size of a published one: measures cost alone',
        { choices: RANDOM_ENCODERS },
      ).conflicts('model'),
    )
    .addOption(
      option('--job <names>', `jobs to train for, with commas between: ${JOBS.join(', ')}`, {
        parse: listOf(JOBS, 'job'),
        byDefault: 'those with data: sentiment with --sentences, forecast with --data or without --sentences',
      }),
    )
    .addOption(
      option('--variants <names>', `two or more variants, with commas between: ${VARIANTS.join(', ')}`, {
        parse: listOf(VARIANTS, 'variant'),
        byDefault: 'full-fp32, full-amp, lora-fp32, lora-amp',
      }),
    )
    .addOption(
      option('--precision <name>', 'number format of the variants under automatic mixed precision (AMP)', {
        choices: ['bf16', 'fp16'],
        byDefault: 'bf16',
      }),
    );
}

function addSizeOptions(command: Command): void {
  command
    .addOption(option('--seed <n>', 'first seed', { parse: numbers.seed, byDefault: '1' }))
    .addOption(
      option('--seeds <n>', 'number of seeds; each variant is trained and scored with each', {
        parse: numbers.seeds,
        byDefault: '3',
      }),
    )
    .addOption(
      option('--repeats <n>', 'measurements per seed; those after the first measure the cost of one epoch', {
        parse: numbers.seeds,
        byDefault: '1',
      }),
    )
    .addOption(
      option('--epochs <n>', 'passes over the training data, without early stopping', {
        parse: numbers.epochs,
        byDefault: '3',
      }),
    )
    .addOption(
      option('--max-batches <n>', 'stop each training after this many updates: measures cost alone', {
        parse: numbers.batches,
      }),
    )
    .addOption(
      option('--max-sentences <n>', 'sentences of each part (training, validation, test) at most', {
        parse: numbers.days,
        byDefault: 'all',
      }),
    )
    .addOption(
      option('--max-days <n>', 'days of each part (training, validation, test) at most', {
        parse: numbers.days,
        byDefault: 'all',
      }),
    )
    .addOption(
      option('--batch-size <n>', 'sentences or days per update', {
        parse: numbers.batchSize,
        byDefault: '32 sentences, 16 days',
      }),
    )
    .addOption(headlinesOption('4'))
    .addOption(
      option('--latency-calls <n>', 'timed inference calls per batch size, at most', {
        parse: numbers.calls,
        byDefault: '50',
      }),
    )
    .addOption(
      option('--latency-seconds <x>', 'seconds of timed inference calls per batch size, at most', {
        parse: numbers.seconds,
        byDefault: '3',
      }),
    );
}

/** Inputs of a comparison. */
interface Inputs {
  readonly market?: Market;
  readonly bank?: LabelledSentences;
  readonly modelDir?: string;
  /** Sources of the data, for the run's record. */
  readonly source: RunSource;
}

async function runComparison(
  flags: Flags,
  market: { readonly named: MarketFlags; readonly chosen: MarketChoice },
  runDir: string,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<CompareResult | null> {
  const { compare, resolveComparison } = await import('@fin/compare');
  const { resume, overwrite } = flags;
  const start = resume
    ? await resumedInputs(flags, market.named, runDir)
    : { ...pickStart(flags), market: market.chosen, jobs: flags.job ?? jobsOf(flags) };
  const settings = settingsOf(flags);
  if (!resume) resolveComparison({ jobs: start.jobs, ...settings });
  const inputs = await openInputs(start, flags, start.jobs);
  await startBackend(start.backend, terminal);
  if (inputs.market) noteMarket(inputs.market, terminal);
  const progress = createProgress(terminal);
  try {
    return await compare({
      ...inputs,
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings: resume ? { ...settings, ...given({ jobs: flags.job }) } : { ...settings, jobs: start.jobs },
      signal,
      onEvent: (event) => show(event, progress, terminal),
    });
  } finally {
    progress.end();
  }
}

/** The jobs whose data are given. Without any data, the forecast of the synthetic market. */
function jobsOf({ sentences, data, prices }: Flags): JobName[] {
  if (sentences === undefined) return ['forecast'];
  return data === undefined && prices === undefined ? ['sentiment'] : ['sentiment', 'forecast'];
}

type Start = Pick<Flags, 'sentences' | 'labels' | 'model' | 'backend'> & {
  readonly market: MarketChoice;
  readonly jobs: readonly JobName[];
};

/** Data, model and backend of a resumed comparison: its own, unless the command line names others. */
async function resumedInputs(flags: Flags, named: MarketFlags, runDir: string): Promise<Start> {
  const { comparisonSettingsSchema } = await import('@fin/compare');
  const { settings, source } = readUnfinishedRun(runDir, 'comparison', comparisonSettingsSchema);
  const own = (name: string) => (typeof source[name] === 'string' ? source[name] : undefined);
  const { signal } = flags;
  const { backend, ...market } = resumedStart('comparison', runDir, {
    ...named,
    signal,
    backend: flags.backend,
  });
  return {
    backend,
    market,
    sentences: flags.sentences ?? own('sentences'),
    labels: flags.labels ?? own('labels'),
    model: flags.model ?? own('model'),
    jobs: settings.jobs,
  };
}

async function openInputs(
  { market: choice, sentences, labels, model }: Start,
  { randomEncoder, resume }: Flags,
  jobs: readonly JobName[],
): Promise<Inputs> {
  const { ComparisonInputError } = await import('@fin/compare');
  if (jobs.includes('sentiment') && sentences === undefined) {
    throw new ComparisonInputError(
      'the job sentiment needs labelled sentences: name their file with --sentences',
    );
  }
  if (!resume && model === undefined && randomEncoder === undefined) {
    throw new ComparisonInputError(
      'an encoder is needed: name its folder with --model, or ask for one with random weights with --random-encoder',
    );
  }
  const modelDir = model === undefined ? undefined : await chooseModel(model);
  const bank = jobs.includes('sentiment') ? await openSentences([sentences!], { labels }) : undefined;
  const market = jobs.includes('forecast') ? await openMarket(choice) : undefined;
  return {
    ...given({ market, bank, modelDir }),
    source: {
      sentences: bank ? resolve(sentences!) : null,
      ...given({ labels: bank && labels }),
      ...marketSource(choice, market),
      ...(await hubSource(modelDir)),
    },
  };
}

const pickStart = ({ sentences, labels, model, backend }: Flags): Omit<Start, 'market' | 'jobs'> => ({
  sentences,
  labels,
  model,
  backend,
});

/** The settings that were given; the library fills in the rest. */
function settingsOf(flags: Flags): Partial<ComparisonOptions> {
  const { variants, precision, seed, seeds, repeats, epochs, maxBatches, randomEncoder } = flags;
  const { maxSentences, maxDays, batchSize, headlinesPerDay, latencyCalls, latencySeconds } = flags;
  const groups = {
    latency: given({ calls: latencyCalls, seconds: latencySeconds }),
    lora: loraSettings(flags),
    sentiment: given({ batchSize }),
    forecaster: given({ batchSize, trainHeadlinesPerDay: headlinesPerDay }),
  };
  return {
    ...given({ variants, precision, seed, seeds, repeats, epochs, maxBatches, randomEncoder }),
    ...given({ maxSentences, maxDays }),
    ...Object.fromEntries(Object.entries(groups).filter(([, group]) => Object.keys(group).length > 0)),
  };
}

function show(event: CompareEvent, progress: Progress, terminal: Terminal): void {
  if (event.kind === 'precision') notePrecision(event, terminal);
  else if (event.kind === 'progress') {
    progress.update('measurements', Math.floor(10 * event.done) / 10, event.total);
  } else if (event.kind === 'measurement') {
    const { done, total, measurement } = event;
    const { job, variant, seed, training, seconds } = measurement;
    progress.line(
      `${done}/${total} ${job}, ${variant}, seed ${seed}: ${training.epochSeconds.toFixed(2)} s per epoch, ` +
        `peak ${(training.peakMemoryBytes / 1e6).toFixed(0)} MB; measured in ${seconds.toFixed(1)} s`,
    );
  } else if (event.kind === 'profile') {
    progress.line(`${event.done}/${event.total} ${event.job}, ${event.variant}: profiled`);
  } else if (event.kind === 'resume') {
    const difference = event.note === null ? '' : `; last digits may differ: ${event.note}`;
    progress.line(`resuming after ${event.done} of ${event.total} measurements${difference}`);
  } else if (event.kind === 'note') progress.line(`note: ${event.text}`);
  else progress.line('the run lacked only its manifest, which is written now');
}

function lines(
  result: CompareResult,
  { comparisonSentences, comparisonTables }: typeof import('@fin/compare'),
): string[] {
  return [
    ...comparisonTables(result).flatMap(({ title, header, rows }) => [title, ...textTable(header, rows), '']),
    ...comparisonSentences(result),
    '',
    result.run,
  ];
}
