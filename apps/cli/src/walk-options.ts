import type { BacktestEvent, BacktestOptions, Part } from '@fin/forecast';
import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import { notePrecision } from './backend.js';
import type { Progress } from './io/progress.js';
import type { Terminal } from './io/terminal.js';
import { given, numbers, option } from './options.js';

/** Options of every walk-forward evaluation. */
export interface WalkFlags {
  readonly from?: string;
  readonly to?: string;
  readonly mode?: 'expanding' | 'sliding';
  readonly trainDays?: number;
  readonly refitEvery?: number;
  readonly validationDays?: number;
  readonly purge?: number;
  readonly embargo?: number;
  readonly seeds?: number;
  readonly workers?: number;
  readonly part?: Part;
}

export function addWalkOptions(command: Command): Command {
  return command
    .addOption(option('--from <date>', 'first day to forecast', { byDefault: 'the second half of the data' }))
    .addOption(option('--to <date>', 'last day to forecast', { byDefault: 'the end of the data' }))
    .addOption(
      option('--mode <how>', 'train each fold on all earlier days, or on a window of constant length', {
        choices: ['expanding', 'sliding'],
        byDefault: 'expanding',
      }),
    )
    .addOption(
      option('--train-days <n>', 'with --mode sliding: training days of each fold', {
        parse: numbers.days,
        byDefault: 'as many as the first fold has',
      }),
    )
    .addOption(
      option(
        '--refit-every <n>',
        'trading days that each fold forecasts before the models are trained anew',
        {
          parse: numbers.days,
          byDefault: '63',
        },
      ),
    )
    .addOption(
      option('--validation-days <n>', 'days at the end of the training window that decide when to stop', {
        parse: numbers.days,
        byDefault: '126',
      }),
    )
    .addOption(
      option('--purge <n>', 'days dropped before each validation and test part', {
        parse: numbers.daysOrNone,
        byDefault: '0',
      }),
    )
    .addOption(
      option('--embargo <n>', 'days after each test part that later folds do not train on', {
        parse: numbers.daysOrNone,
        byDefault: '0',
      }),
    )
    .addOption(
      option('--seeds <n>', 'number of seeds; every fold is trained once with each', {
        parse: numbers.seeds,
        byDefault: '1',
      }),
    )
    .addOption(workersOption())
    .addOption(
      option(
        '--part <i/n>',
        'train one part of n of the run, in a run folder of its own, for fin merge to make the whole of; see docs/hpc.md',
        { parse: parsePart },
      ),
    );
}

export const workersOption = (): Option =>
  option('--workers <n>', 'processes that train at the same time', {
    parse: numbers.workers,
    byDefault: 'one per processor; of several ranks, each has its share of them',
  });

/** Parses a part such as `2/4`. */
function parsePart(text: string): Part {
  const [, index, count] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('a part such as 2/4 is needed, counted from 1');
}

/** The settings that these options name. */
export function walkSettings(flags: WalkFlags): BacktestOptions {
  const { from, to, mode, trainDays, refitEvery, validationDays, purge, embargo, seeds } = flags;
  return given({ from, to, mode, trainDays, refitEvery, validationDays, purge, embargo, seeds });
}

/** Shows the events of a walk-forward evaluation. */
export function showWalk(event: BacktestEvent, progress: Progress, terminal: Terminal): void {
  if (event.kind === 'precision') notePrecision(event, terminal);
  else if (event.kind === 'scoring') progress.update('scoring tokens', event.done, event.total);
  else if (event.kind === 'progress') {
    progress.update('trainings', Math.floor(10 * event.done) / 10, event.total);
  } else progress.line(lineOf(event));
}

function lineOf(
  event: Exclude<BacktestEvent, { readonly kind: 'precision' | 'scoring' | 'progress' }>,
): string {
  switch (event.kind) {
    case 'workers':
      return `${plural(event.workers, 'process', 'processes')} with ${plural(event.threads, 'thread', 'threads')} each${event.ranks > 1 ? ', on rank 0' : ''}`;
    case 'fold': {
      const { done, total, model, fold, seed, epochs, validationLoss, seconds } = event;
      const place = `${done}/${total} ${model}, fold ${fold}, seed ${seed}`;
      return `${place}: validation loss ${validationLoss.toFixed(4)} after ${plural(epochs, 'epoch', 'epochs')}, ${seconds.toFixed(1)} s`;
    }
    case 'resume': {
      const { done, total, note } = event;
      const difference = note === null ? '' : `; last digits may differ: ${note}`;
      return `resuming after ${done} of ${total} trainings${difference}`;
    }
    case 'choice':
      return `chosen on the validation days: ${event.name} (RMSE ${event.validationRmse.toFixed(2)})`;
    case 'note':
      return `note: ${event.text}`;
    case 'repaired':
      return 'the run lacked only its manifest, which is written now';
  }
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
