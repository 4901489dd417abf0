import type { TopLevelSpec } from 'vega-lite';
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js';
import { VizInputError } from '../errors.js';
import { listRows } from './check-data.js';
import type { EpochRow } from './learning-curve.js';
import { checkEpochs } from './learning-curve.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, seriesLegend } from './panel.js';
import { colors, seriesColors, theme } from './theme.js';

/** The epochs of one run. */
export interface RunCurve {
  readonly name: string;
  readonly epochs: readonly EpochRow[];
}

/** Options of {@link trainingCurves}. */
export interface TrainingCurvesOptions extends ChartOptions {
  /** Colour of each run. @default seriesColors */
  readonly colors?: readonly string[];
}

/**
 * Charts the losses of several runs: training and validation in two panels, one line per run.
 *
 * @throws VizInputError when there is no run, two have one name, or one has no epochs or a loss that is not finite
 */
export function trainingCurves(runs: readonly RunCurve[], options: TrainingCurvesOptions = {}): TopLevelSpec {
  listRows('trainingCurves', runs);
  const names = runs.map(({ name }) => name);
  if (new Set(names).size !== names.length) {
    throw new VizInputError(
      `trainingCurves: two runs have the same name (${names.join(', ')}); name them apart`,
    );
  }
  for (const { name, epochs } of runs) {
    checkEpochs(`trainingCurves: ${name}`, listRows(`trainingCurves: ${name}`, epochs));
  }
  const { title = 'Training curves', width = DEFAULT_WIDTH, colors: range = seriesColors } = options;
  const color = { domain: names, range: names.map((_, i) => range[i % range.length]) };
  const values = runs.flatMap(({ name, epochs }) =>
    epochs.map(({ epoch, trainLoss, validationLoss }) => ({ run: name, epoch, trainLoss, validationLoss })),
  );
  const validated = values.some(({ validationLoss }) => validationLoss !== null);
  const panel = (field: 'trainLoss' | 'validationLoss', text: string): NonNormalizedSpec => ({
    title: panelTitle(text),
    width,
    height: 150,
    transform: [{ filter: { field, valid: true } }],
    mark: { type: 'line', strokeWidth: 1.8, point: { filled: true, size: 26 } },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        scale: { nice: false, zero: false },
        axis: {
          title: 'Epoch',
          tickMinStep: 1,
          format: 'd',
          titleColor: colors.label,
          titleFontWeight: 'normal',
        },
      },
      y: { field, type: 'quantitative', scale: { zero: false }, axis: { tickCount: 5 } },
      color: {
        field: 'run',
        type: 'nominal',
        scale: color,
        legend: seriesLegend(names, width, 'line'),
      },
    },
  });
  return {
    title: title ?? undefined,
    description: `Line charts of the losses of ${runs.length} runs by epoch: ${runs
      .map(({ name, epochs }) => `${name} ends with ${short(epochs[epochs.length - 1])}`)
      .join(', ')}.`,
    config: theme,
    data: { values },
    vconcat: [
      panel('trainLoss', 'Training loss'),
      ...(validated ? [panel('validationLoss', 'Validation loss')] : []),
    ],
  };
}

function short({ trainLoss, validationLoss }: EpochRow): string {
  const training = `a training loss of ${Number(trainLoss.toPrecision(4))}`;
  if (validationLoss === null) return training;
  return `${training} and a validation loss of ${Number(validationLoss.toPrecision(4))}`;
}
