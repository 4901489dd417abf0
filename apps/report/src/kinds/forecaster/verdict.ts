import type { Evaluation, MetricsRow, PearsonResult, Prediction, RunData } from '@fin/forecast';
import { BASELINE_NAMES, pearson } from '@fin/forecast';
import { fixed, fixedRange, pEquals, percent, percentRange, signed } from '../../site/html.js';
import type { Finding } from '../run-report.js';

/** The conclusion of a run, in words. */
export interface Verdict {
  readonly outcome: 'better' | 'worse' | 'same' | 'untested';
  /** One sentence. */
  readonly headline: string;
  /** The figures that support it and their limits, one paragraph each. */
  readonly details: readonly string[];
}

/** Rows of models, without baselines. The first one is the run's own model. */
export function modelRows(evaluation: Evaluation): MetricsRow[] {
  return evaluation.rows.filter((row) => !isBaseline(row));
}

export function isBaseline(row: Pick<MetricsRow, 'model'>): boolean {
  return (BASELINE_NAMES as readonly string[]).includes(row.model);
}

/**
 * Says whether the model beat persistence ("tomorrow's close is today's"), whether it forecast the direction, and whether
 * sentiment was related to the next day's return. A difference counts when its Diebold-Mariano p-value is below 1 - level.
 */
export function verdict(evaluation: Evaluation, data: RunData, sentiment: PearsonResult | null): Verdict {
  const [model] = modelRows(evaluation);
  const baseline = (name: string) => evaluation.rows.find((row) => row.model === name) as MetricsRow;
  const outcome = outcomeOf(model, evaluation.level);
  return {
    outcome,
    headline: HEADLINES[outcome],
    details: [
      errorSentence(model, baseline('persistence'), evaluation),
      ...strongerBaselines(model, outcome, [baseline('drift'), baseline('majority-class')]),
      directionSentence(model, baseline('majority-class'), evaluation.level),
      sentimentSentence(sentiment, outcome, evaluation.level),
      ...surprise(outcome, data),
    ],
  };
}

const HEADLINES: Record<Verdict['outcome'], string> = {
  better: 'The model beat “tomorrow’s close is today’s close”.',
  worse: 'The model lost to “tomorrow’s close is today’s close”.',
  same: 'The model did not beat “tomorrow’s close is today’s close”.',
  untested: 'The test days cannot say whether the model forecasts anything.',
};

function outcomeOf({ dieboldMariano }: MetricsRow, level: number): Verdict['outcome'] {
  if (dieboldMariano === null) return 'untested';
  if (dieboldMariano.pValue >= 1 - level) return 'same';
  return dieboldMariano.statistic < 0 ? 'better' : 'worse';
}

function errorSentence(model: MetricsRow, persistence: MetricsRow, { n, level }: Evaluation): string {
  const test = model.dieboldMariano;
  const isAbsolute = test?.loss === 'absolute';
  const [own, other] = isAbsolute ? [model.mae, persistence.mae] : [model.rmse, persistence.rmse];
  const measure = isAbsolute ? 'mean absolute error' : 'root mean squared error';
  const compared = `Over ${n} test days its ${measure} is ${fixed(own, 2)} index points; persistence has ${fixed(other, 2)}.`;
  if (test === null) {
    const reason = model.notes.find((note) => note.includes('Diebold-Mariano'));
    return `${compared} The difference cannot be tested${reason === undefined ? '' : ` (${reason})`}.`;
  }
  const chance =
    test.pValue < 1 - level
      ? 'a difference that chance alone would rarely give'
      : 'a difference that chance alone can explain';
  return `${compared} That is ${chance} (Diebold-Mariano ${pEquals(test.pValue)}).`;
}

/** Names the baselines that do as well as a model that beat persistence. */
function strongerBaselines(
  model: MetricsRow,
  outcome: Verdict['outcome'],
  baselines: readonly MetricsRow[],
): string[] {
  if (outcome !== 'better') return [];
  return baselines
    .filter((row) => row.rmse <= model.rmse)
    .map(
      (row) =>
        `The baseline ${row.model}, which reads nothing, does no worse (root mean squared error ${fixed(row.rmse, 2)}).`,
    );
}

function directionSentence(model: MetricsRow, majority: MetricsRow, level: number): string {
  const { directionalAccuracy: share, directionalInterval: interval } = model;
  if (share === null || interval === null) return 'It names no direction on any day.';
  const majorityShare = majority.directionalAccuracy ?? 0.5;
  const figures = `It names the right direction on ${percent(share, 1)} of days (${percent(level, 0)} interval ${percentRange(interval, 1)}); always naming the more frequent one of the training days gets ${percent(majorityShare, 1)}`;
  const bar = Math.max(0.5, majorityShare);
  if (interval[0] > bar) return `${figures}, clearly less.`;
  if (interval[1] < Math.min(0.5, majorityShare)) return `${figures}, clearly more.`;
  return `${figures}. Its direction cannot be told from a guess.`;
}

function sentimentSentence(
  sentiment: PearsonResult | null,
  outcome: Verdict['outcome'],
  level: number,
): string {
  if (sentiment === null) return 'There are too few test days to relate sentiment to returns.';
  const { r, pValue, interval, note } = sentiment;
  if (r === null || pValue === null || interval === null) {
    return note?.startsWith('the second series')
      ? 'The close changes by the same share on every test day, so sentiment cannot be related to it.'
      : 'The sentiment score is the same on every test day, so the headlines cannot have helped.';
  }
  const figures = `correlation ${fixed(r, 2)}, ${percent(level, 0)} interval ${fixed(interval[0], 2)} to ${fixed(interval[1], 2)}`;
  if (pValue >= 1 - level) {
    const relation = `on the test days the score has no visible relation to the next day’s return (${figures})`;
    return outcome === 'better'
      ? `The sentiment score by itself explains little: ${relation}.`
      : `Sentiment did not help: ${relation}.`;
  }
  const relation = `On the test days the sentiment score is related to the next day’s return (${figures})`;
  return outcome === 'better'
    ? `${relation}.`
    : `${relation}, which the model did not turn into better forecasts of the close.`;
}

/** Comments on results for a synthetic market without a signal. */
function surprise(outcome: Verdict['outcome'], { synthetic, signal }: RunData): string[] {
  if (!synthetic || signal === null) return [];
  if (signal === 0 && outcome === 'better') {
    return [
      'No signal was planted in this market, so this is a chance find or a leak: repeat it with other seeds.',
    ];
  }
  if (signal === 0 && outcome === 'same')
    return ['No signal was planted in this market: this is the right answer.'];
  return [];
}

/** Minimum number of days for a correlation. */
const MIN_DAYS = 10;

/** Correlation of each day's sentiment with the next day's log return; null for too few days. */
export function sentimentRelation(days: readonly Prediction[], level: number): PearsonResult | null {
  if (days.length < MIN_DAYS) return null;
  return pearson(
    days.map((day) => day.sentiment),
    days.map((day) => Math.log(day.actual / day.lastClose)),
    { level },
  );
}

/** Mean absolute error against persistence, with its interval: the figure that stands for a run in a list. */
export function mainFigure(evaluation: Evaluation): Finding['figure'] {
  const [{ mae, differences }] = modelRows(evaluation);
  const interval = differences?.mae.interval;
  const name = 'Mean absolute error';
  const value = `${fixed(mae, 2)} points`;
  if (!differences || !interval) return { name, value, beside: '' };
  return {
    name,
    value,
    beside: `${signed(differences.mae.value, 2)} against persistence (${percent(evaluation.level, 0)} interval ${fixedRange(interval, 2)})`,
  };
}
