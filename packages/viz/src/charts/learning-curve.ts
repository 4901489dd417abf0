import type { TopLevelSpec } from 'vega-lite';
import type { Field, PositionFieldDef } from 'vega-lite/types_unstable/channeldef.js';
import type { Scale } from 'vega-lite/types_unstable/scale.js';
import { VizInputError } from '../errors.js';
import type { Rows } from './check-data.js';
import { checkFinite, listRows } from './check-data.js';
import type { ChartOptions, Layer } from './panel.js';
import { DEFAULT_WIDTH, panelTitle } from './panel.js';
import { colors, theme } from './theme.js';

/** One epoch, as a run's `metrics.jsonl` has it. */
export interface EpochRow {
  /** Ascending. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** Null where the epoch was not validated. */
  readonly validationLoss: number | null;
}

const TRAIN = 'Training';
const VALIDATION = 'Validation';
const POINT = { filled: true, size: 26 };
/** Room on both sides of the epochs, px: the label of the best one is centred on it and must not run into the vertical axis. */
const ROOM_FOR_LABEL = 44;

/**
 * Charts training and validation loss by epoch. A ring marks the epoch with the lowest validation loss.
 *
 * @throws VizInputError when there is no epoch, a loss is not finite, or epochs do not ascend
 */
export function learningCurve(data: Rows<EpochRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('learningCurve', data);
  checkEpochs('learningCurve', rows);
  const { title = 'Learning curve', width = DEFAULT_WIDTH } = options;
  const validated = rows.filter((row) => row.validationLoss !== null);
  const best = validated.reduce<EpochRow | null>(
    (least, row) =>
      least === null || (row.validationLoss as number) < (least.validationLoss as number) ? row : least,
    null,
  );
  const series = validated.length > 0 ? [TRAIN, VALIDATION] : [TRAIN];
  const color = { domain: series, range: [colors.second, colors.model] };
  const first = rows[0].epoch;
  const last = rows[rows.length - 1].epoch;
  const x: PositionFieldDef<Field> = {
    field: 'epoch',
    type: 'quantitative',
    scale: {
      domain: first === last ? [first - 1, last + 1] : [first, last],
      nice: false,
      padding: ROOM_FOR_LABEL,
    },
    axis: {
      title: 'Epoch',
      tickMinStep: 1,
      format: 'd',
      titleColor: colors.label,
      titleFontWeight: 'normal',
    },
  };
  return {
    title: title ?? undefined,
    description: describe(rows, best),
    config: theme,
    data: {
      values: rows.map(({ epoch, trainLoss, validationLoss }) => ({ epoch, trainLoss, validationLoss })),
    },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      {
        title: panelTitle('Loss'),
        width,
        height: 190,
        layer: [
          {
            mark: { type: 'line', strokeWidth: 1.8, point: POINT },
            encoding: { x, y: lossChannel('trainLoss'), color: { datum: TRAIN, scale: color } },
          },
          ...(best === null ? [] : validationLayers(best.epoch, x, color)),
        ],
      },
    ],
  };
}

function lossChannel(field: 'trainLoss' | 'validationLoss'): PositionFieldDef<Field> {
  return { field, type: 'quantitative', scale: { zero: false }, axis: { tickCount: 5 } };
}

function validationLayers(bestEpoch: number, x: PositionFieldDef<Field>, color: Scale): Layer[] {
  const y = lossChannel('validationLoss');
  const onlyBest = [{ filter: { field: 'epoch', equal: bestEpoch } }];
  return [
    {
      transform: [{ filter: { field: 'validationLoss', valid: true } }],
      mark: { type: 'line', strokeWidth: 1.8, strokeDash: [6, 3], point: POINT },
      encoding: { x, y, color: { datum: VALIDATION, scale: color } },
    },
    {
      transform: onlyBest,
      mark: { type: 'point', size: 160, filled: false, strokeWidth: 2, color: colors.ink },
      encoding: { x, y },
    },
    {
      transform: onlyBest,
      mark: { type: 'text', dy: -16, color: colors.ink, fontSize: 11 },
      encoding: { x, y, text: { value: `best: epoch ${bestEpoch}` } },
    },
  ];
}

/** Throws unless losses are finite and epochs ascend. */
export function checkEpochs(chart: string, rows: readonly EpochRow[]): void {
  for (const [i, row] of rows.entries()) {
    checkFinite(chart, i, 'epoch', row.epoch);
    checkFinite(chart, i, 'trainLoss', row.trainLoss);
    if (row.validationLoss !== null) checkFinite(chart, i, 'validationLoss', row.validationLoss);
    if (i > 0 && row.epoch <= rows[i - 1].epoch) {
      throw new VizInputError(
        `${chart}: epoch ${row.epoch} of row ${i} does not come after epoch ${rows[i - 1].epoch}; sort by epoch`,
      );
    }
  }
}

function describe(rows: readonly EpochRow[], best: EpochRow | null): string {
  const last = rows[rows.length - 1];
  const start = `Line chart of the loss over ${rows.length} epochs: training from ${short(rows[0].trainLoss)} to ${short(last.trainLoss)}`;
  if (best === null) return `${start}; no validation.`;
  return `${start}, least validation loss ${short(best.validationLoss as number)} at epoch ${best.epoch}.`;
}

function short(loss: number): string {
  return Number(loss.toPrecision(4)).toString();
}
