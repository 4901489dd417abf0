import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import { FileInputError } from '@fin/files';
import type { ForecasterOptions } from '@fin/forecast';
import type { RunSource } from '@fin/run';
import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import { modelFolder } from './hub-models.js';
import type { LoraFlags } from './options.js';
import {
  given,
  loraOptions,
  loraSettings,
  numbers,
  optimizerOption,
  option,
  path,
  precisionOption,
  storageOption,
} from './options.js';
import { chooseModel } from './runs.js';
import { readSettingsFile } from './settings-file.js';

/** Options of the forecaster's settings. */
export interface ForecasterFlags extends LoraFlags {
  readonly config?: string;
  readonly seed?: number;
  readonly text?: 'none' | 'random' | 'scored' | 'joint';
  readonly pricesOnly?: true;
  /** False with `--no-prices`. */
  readonly priceFeatures?: boolean;
  readonly model?: string;
  readonly aggregate?: 'mean' | 'rank' | 'attention';
  readonly finetuning?: 'lora' | 'full';
  readonly target?: 'return' | 'close';
  readonly window?: number;
  readonly hiddenSize?: number;
  readonly layers?: number;
  readonly lstmDropout?: number;
  readonly pooling?: 'last' | 'attention';
  readonly fusionSize?: number;
  readonly headlinesPerDay?: number | null;
  readonly batchSize?: number;
  readonly accumulate?: number;
  readonly epochs?: number;
  readonly patience?: number;
  readonly learningRate?: number;
  readonly textLearningRate?: number;
  readonly headLearningRate?: number;
  readonly optimizer?: 'adamw' | 'adamw8bit';
  readonly weightDecay?: number;
  readonly maxGradNorm?: number;
  readonly precision?: Precision;
  readonly storage?: 'nf4' | 'int8';
}

/** Adds the options of the forecaster's settings. */
export function addForecasterOptions(command: Command): Command {
  addModelOptions(command);
  addTrainingOptions(command);
  return command.addOption(precisionOption()).addOption(storageOption('with --text joint and adapters'));
}

function addModelOptions(command: Command): void {
  command
    .addOption(
      option(
        '--config <file>',
        'settings of the forecaster in JSON or YAML, such as the config.json of a run; options here win over it',
        { parse: path },
      ),
    )
    .addOption(
      option(
        '--text <source>',
        'text side: none (prices alone), random (a small BERT from random weights, trained with the rest), scored (scores of a frozen sentiment model), joint (a pretrained encoder, trained with the rest)',
        {
          choices: ['none', 'random', 'scored', 'joint'],
          byDefault: 'scored with --model, else random',
        },
      ),
    )
    .addOption(option('--prices-only', 'the same as --text none').conflicts('text'))
    .addOption(noPricesOption())
    .addOption(
      option(
        '--model <dir>',
        'with --text scored or joint: a sentiment model, or a run of `fin finetune`; with joint, any BERT; a folder, or a name on the hub',
        { parse: path },
      ),
    )
    .addOption(
      option('--aggregate <how>', "with --text scored or joint: how to combine a day's headlines", {
        choices: ['mean', 'rank', 'attention'],
        byDefault: 'mean',
      }),
    )
    .addOption(
      option('--finetuning <how>', 'with --text joint: train LoRA adapters and head, or all weights', {
        choices: ['lora', 'full'],
        byDefault: 'lora',
      }),
    );
  for (const lora of loraOptions({ alpha: '32', dropout: '0.05' })) command.addOption(lora);
  command
    .addOption(
      option('--target <value>', 'value to forecast: the log return to the next close, or the close', {
        choices: ['return', 'close'],
        byDefault: 'return',
      }),
    )
    .addOption(
      option('--window <days>', "trading days in the LSTM's window", {
        parse: numbers.days,
        byDefault: '10',
      }),
    )
    .addOption(
      option('--hidden-size <n>', "width of the LSTM's hidden state", {
        parse: numbers.width,
        byDefault: '32',
      }),
    )
    .addOption(option('--layers <n>', 'layers of the LSTM', { parse: numbers.layers, byDefault: '1' }))
    .addOption(
      option('--lstm-dropout <share>', 'dropout between layers of the LSTM', {
        parse: numbers.dropout,
        byDefault: '0',
      }),
    )
    .addOption(
      option('--pooling <how>', "the LSTM's last hidden state, or attention over the window", {
        choices: ['last', 'attention'],
        byDefault: 'last',
      }),
    )
    .addOption(
      option('--fusion-size <n>', 'width of the layer that joins text and prices', {
        parse: numbers.width,
        byDefault: '16',
      }),
    );
}

function addTrainingOptions(command: Command): void {
  const { seed, epochs, batchSize, learningRate, weightDecay, gradNorm } = numbers;
  command
    .addOption(option('--seed <n>', 'seed of all random numbers', { parse: seed, byDefault: '1' }))
    .addOption(headlinesOption('8, with --text joint 4'))
    .addOption(option('--batch-size <n>', 'days per pass', { parse: batchSize, byDefault: '16' }))
    .addOption(option('--accumulate <n>', 'passes per update', { parse: batchSize, byDefault: '1' }))
    .addOption(
      option('--epochs <n>', 'maximum number of passes over the training days', {
        parse: epochs,
        byDefault: '10',
      }),
    )
    .addOption(
      option('--patience <n>', 'epochs without a better validation loss after which training stops', {
        parse: numbers.daysOrNone,
        byDefault: '3',
      }),
    )
    .addOption(
      option('--learning-rate <rate>', 'peak learning rate of LSTM and fusion', {
        parse: learningRate,
        byDefault: '0.001',
      }),
    )
    .addOption(
      option('--text-learning-rate <rate>', 'peak learning rate of the encoder or its adapters', {
        parse: learningRate,
        byDefault: 'that of --learning-rate; with --text joint 0.0005, in full 0.00005',
      }),
    )
    .addOption(
      option('--head-learning-rate <rate>', "peak learning rate of the encoder's sentiment head", {
        parse: learningRate,
        byDefault: 'that of --text-learning-rate',
      }),
    )
    .addOption(optimizerOption())
    .addOption(
      option('--weight-decay <x>', 'decoupled weight decay of matrices', {
        parse: weightDecay,
        byDefault: '0.01',
      }),
    )
    .addOption(
      option('--max-grad-norm <x>', 'clip larger gradients to this norm', {
        parse: gradNorm,
        byDefault: '1',
      }),
    );
}

/** `--no-prices` is about the model, and `--prices FILE` about the data, so they have names of their own in the flags. */
const noPricesOption = (): Option =>
  Object.assign(option('--no-prices', 'leave prices out: headlines alone'), {
    attributeName: () => 'priceFeatures',
  });

export const headlinesOption = (byDefault: string): Option =>
  option('--headlines-per-day <n>', 'headlines drawn per day at each training step, or all', {
    parse: headlines,
    byDefault,
  });

/** Parses `--headlines-per-day`. */
function headlines(text: string): number | null {
  if (text === 'all') return null;
  try {
    return numbers.width(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}, or all`);
  }
}

/** Settings of the forecaster, and the source of the data where `--config` names a run's config.json. */
export interface ForecasterChoice {
  readonly settings: ForecasterOptions;
  readonly source: RunSource | null;
}

/**
 * The settings that the options name; those of `--config` fill in the rest. They are checked before any work.
 *
 * @param resume whether they belong to a run that is resumed, whose own settings fill in the rest
 * @throws {FileInputError} of `@fin/files` naming the setting that is wrong in the file of `--config`
 * @throws {ForecastInputError} of `@fin/forecast` naming the setting that is wrong; errors of `chooseModel`
 */
export async function forecasterSettings(
  flags: ForecasterFlags,
  { resume = false }: { readonly resume?: boolean } = {},
): Promise<ForecasterChoice> {
  const named = settingsOf(
    flags.model === undefined ? flags : { ...flags, model: await modelFolder(flags.model) },
  );
  const file = flags.config === undefined ? null : await readConfig(flags.config);
  if (resume && file === null) {
    if (named.model) await chooseModel(named.model);
    return { settings: named, source: null };
  }
  const { changeSettings, resolveSettings } = await import('@fin/forecast');
  try {
    const chosen = changeSettings(file?.settings ?? {}, named);
    const model = chosen.model === null ? null : await modelFolder(chosen.model);
    if (model !== null) await chooseModel(model);
    return { settings: file ? { ...chosen, model } : named, source: file?.source ?? null };
  } catch (error) {
    const problem = file && problemOf(() => resolveSettings(file.settings));
    if (problem !== (error as Error).message) throw error;
    throw new FileInputError(flags.config!, `cannot be used: ${problem}`);
  }
}

function problemOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Reads a file of settings, or the `config.json` of a run, which has them beside the source of its data. */
async function readConfig(file: string): Promise<ForecasterChoice> {
  const whole = await readSettingsFile(file);
  const { settings, source, ...others } = whole;
  if (!isObject(settings) || !isObject(source)) {
    return { settings: whole as ForecasterOptions, source: null };
  }
  const [unknown] = Object.keys(others);
  if (unknown === undefined) return { settings: settings as ForecasterOptions, source: source as RunSource };
  throw new FileInputError(file, `has a field "${unknown}" beside settings and source: remove it`);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function settingsOf(flags: ForecasterFlags): ForecasterOptions {
  const { text, pricesOnly, priceFeatures, model, headlinesPerDay, accumulate } = flags;
  const { hiddenSize, layers, lstmDropout, pooling } = flags;
  const lstm = given({ hiddenSize, numLayers: layers, dropout: lstmDropout, pooling });
  const lora = loraSettings(flags);
  const { seed, aggregate, finetuning, target, window, fusionSize, batchSize, epochs, patience } = flags;
  const { learningRate, textLearningRate, headLearningRate, optimizer } = flags;
  const { weightDecay, maxGradNorm, precision, storage } = flags;
  return given({
    seed,
    text: pricesOnly ? 'none' : text,
    prices: priceFeatures === false ? false : undefined, // on by default
    model: model === undefined ? undefined : resolve(model),
    aggregate,
    finetuning,
    lora: Object.keys(lora).length > 0 ? lora : undefined,
    target,
    window,
    lstm: Object.keys(lstm).length > 0 ? lstm : undefined,
    fusionSize,
    trainHeadlinesPerDay: headlinesPerDay,
    batchSize,
    gradientAccumulationSteps: accumulate,
    epochs,
    patience,
    learningRate,
    textLearningRate,
    headLearningRate,
    optimizer,
    weightDecay,
    maxGradNorm,
    precision,
    storage,
  });
}
