import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Precision } from '@fin/amp';
import type { LabelledSentences, Market } from '@fin/data';
import { writeFileAtomically } from '@fin/files';
import type { TrainEvent, TrainForecasterOptions } from '@fin/forecast';
import type { ProfileSummary } from '@fin/profiler';
import { requireFreeOutput } from '@fin/run';
import type { TuningEvent } from '@fin/sentiment';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { interruptible } from '../io/interruption.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import type { MarketFlags } from '../market.js';
import { addFileOptions, fileFlags, noteMarket, openMarket } from '../market.js';
import { given, jsonOption, numbers, option, path, precisionOption } from '../options.js';
import { readProfile } from '../read-profile.js';
import { chooseModel } from '../runs.js';
import { labelsOption, openSentences } from '../sentences.js';

interface Options extends MarketFlags {
  readonly labels?: string;
  readonly model?: string;
  readonly finetuning?: 'lora' | 'full';
  readonly precision?: Precision;
  readonly batchSize?: number;
  readonly trace?: string;
  readonly compare?: readonly string[];
  readonly json: boolean;
}

export function addProfileCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('profile')
    .description(
      'trains an encoder for a few updates, and shows where time and memory go (native TensorFlow only)',
    )
    .addOption(
      option(
        '--data <path>',
        'folder of a market, to train a forecaster with its encoder, or file of labelled sentences, to train a sentiment model',
        { parse: path, byDefault: 'the bundled synthetic market', env: 'FIN_DATA' },
      ),
    )
    .addOption(labelsOption());
  addFileOptions(command)
    .addOption(
      option('--model <dir>', 'encoder to train: a folder, or a name on the hub', {
        parse: path,
        byDefault: 'a small one with random weights',
      }),
    )
    .addOption(
      option('--finetuning <how>', 'train LoRA adapters and head, or all weights', {
        choices: ['lora', 'full'],
        byDefault: 'lora',
      }),
    )
    .addOption(precisionOption())
    .addOption(
      option('--batch-size <n>', 'days or sentences per update', {
        parse: numbers.batchSize,
        byDefault: '16 days, 32 sentences',
      }),
    )
    .addOption(option('--trace <file>', 'also write a trace for Perfetto', { parse: path }))
    .addOption(
      option(
        '--compare <profiles...>',
        'compare two stored profiles op by op, and profile nothing: runs trained with --profile, or files that --json printed',
      ).conflicts(['data', 'labels', ...fileFlags, 'model', 'finetuning', 'precision', 'batchSize', 'trace']),
    )
    .addOption(jsonOption())
    .action(async (options: Options) => {
      if (options.compare) await compare(options.compare, options.json, command, terminal);
      else {
        if (options.labels !== undefined && !isSentences(options.data)) {
          command.error('error: --labels needs a file of labelled sentences in --data');
        }
        await profileOne(options, terminal);
      }
    });
}

async function compare(
  profiles: readonly string[],
  json: boolean,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const [before, after, ...more] = profiles;
  if (after === undefined || more.length > 0) command.error('error: --compare needs two profiles');
  const { compareProfiles, formatComparison } = await import('@fin/profiler');
  const [first, second] = [await readProfile(before), await readProfile(after)];
  const ops = compareProfiles(first, second);
  const about = (profile: ProfileSummary) =>
    Object.entries(profile.about)
      .map(([name, value]) => `${name} ${value ?? 'none'}`)
      .join(', ');
  terminal.result(json, { before: first.about, after: second.about, ops }, () => [
    `before: ${before} (${about(first)})`,
    `after:  ${after} (${about(second)})`,
    'Calls and time are per update.',
    '',
    ...formatComparison(ops, { rowLimit: 30 }).split('\n'),
  ]);
}

async function profileOne(options: Options, terminal: Terminal): Promise<void> {
  const { data, model, trace: traceFile, json } = options;
  if (traceFile !== undefined) {
    await requireFreeOutput(
      traceFile,
      [data, model].filter((input) => input !== undefined),
    );
  }
  const modelDir = model === undefined ? null : await chooseModel(model);
  const scratch = mkdtempSync(join(tmpdir(), 'fin-profile-'));
  try {
    const taken = await interruptible(
      () => '',
      (signal) => profiled(options, modelDir, scratch, signal, terminal),
    );
    if (traceFile !== undefined) await writeFileAtomically(traceFile, taken.trace);
    const { formatSummary } = await import('@fin/profiler');
    terminal.result(json, taken.summary, (summary) => formatSummary(summary).split('\n'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Taken {
  readonly summary: ProfileSummary;
  readonly trace: string;
}

/** Starts a training in a folder that is deleted afterwards, and stops it as soon as it is profiled. */
async function profiled(
  options: Options,
  modelDir: string | null,
  scratch: string,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Taken> {
  const { data, labels, columns, dateFormat, decimal, ticker, timeZone, deduplicate } = options;
  const input = isSentences(data)
    ? { bank: await openSentences([data], { labels, columns }) }
    : {
        market: await openMarket({
          data,
          ...given({ columns, dateFormat, decimal, ticker, timeZone, deduplicate }),
        }),
      };
  await startBackend('tensorflow', terminal);
  if (input.market) noteMarket(input.market, terminal);
  const encoder = modelDir ?? (await smallEncoder(input, join(scratch, 'encoder')));
  const stop = new AbortController();
  const progress = createProgress(terminal);
  const taken: Taken[] = [];
  const common = {
    runDir: join(scratch, 'run'),
    profile: true,
    signal: AbortSignal.any([signal, stop.signal]),
    onEvent: (event: TrainEvent | TuningEvent) => {
      if (event.kind === 'precision') notePrecision(event, terminal);
      else if (event.kind === 'step') progress.update(phaseOf(event), event.done, event.total);
      else if (event.kind === 'profile') {
        taken.push(event);
        stop.abort();
      }
    },
  };
  try {
    await train(input, encoder, options, common);
  } finally {
    progress.end();
  }
  signal.throwIfAborted();
  return taken[0];
}

type Input =
  | { readonly market: Market; readonly bank?: undefined }
  | { readonly bank: LabelledSentences; readonly market?: undefined };

type Common = Pick<TrainForecasterOptions, 'runDir' | 'profile' | 'signal'> & {
  readonly onEvent: (event: TrainEvent | TuningEvent) => void;
};

async function train(
  { market, bank }: Input,
  model: string,
  { finetuning, precision, batchSize }: Options,
  common: Common,
): Promise<void> {
  const shared = given({ precision, batchSize });
  if (market) {
    const { trainForecaster } = await import('@fin/forecast');
    await trainForecaster({ market, settings: { text: 'joint', model, finetuning, ...shared }, ...common });
  } else {
    const { tuneSentiment } = await import('@fin/sentiment');
    await tuneSentiment({ bank, modelDir: model, settings: { method: finetuning, ...shared }, ...common });
  }
}

const phaseOf = (event: TrainEvent | TuningEvent): string =>
  'phase' in event && event.phase === 'scoring' ? 'scoring tokens' : 'updates';

/** Writes an encoder with random weights, whose vocabulary is that of the texts. */
async function smallEncoder({ market, bank }: Input, dir: string): Promise<string> {
  const { writeRandomEncoder } = await import('@fin/compare');
  const texts = bank
    ? bank.sentences.map(({ text }) => text)
    : (market.headlines.array('text') as Iterable<string>);
  await writeRandomEncoder('tiny', texts, dir);
  return dir;
}

/** Whether `--data` names a file of sentences, and not the folder of a market. */
const isSentences = (data: string | undefined): data is string =>
  data !== undefined && (statSync(data, { throwIfNoEntry: false })?.isFile() ?? false);
