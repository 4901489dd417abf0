import type { ComparisonResults, Delta, DeltaName } from '@fin/compare';
import { formatDelta, unfinishedTraining } from '@fin/compare';
import { percent } from '../../site/html.js';
import type { Finding } from '../run-report.js';
import { deltaWords, jobWords } from './measures.js';

/** The costs that the headline names, and the words for one of them. */
const COSTS: readonly (readonly [name: DeltaName, words: string])[] = [
  ['trainingTimeReduction', 'training time'],
  ['memoryReduction', 'memory'],
  ['modelSizeReduction', 'storage for a checkpoint'],
  ['inferenceSpeedup', 'time per prediction'],
];

/** Says what the optimized variant saves, and whether its scores differ from the baseline's by more than noise. */
export function comparisonFinding(results: ComparisonResults): Omit<Finding, 'source' | 'table'> {
  const { baseline, optimized, delta, costOnly } = results;
  const own = results.deltas.filter(({ variant }) => variant === optimized);
  const scores = own.filter(({ kind }) => kind === 'difference');
  const costs = COSTS.flatMap(([name, words]) => {
    const value = delta[name];
    if (value === null) return [];
    const conclusions = own.filter(({ metric }) => metric === name).map(({ conclusion }) => conclusion);
    if (conclusions.every((one) => one === 'noise' || one === 'same'))
      return [`the same ${words} within noise`];
    return [`${times(name, value)} ${words}`];
  });
  return {
    outcome: outcomeOf(own, costOnly),
    headline: `${optimized} takes ${listed(costs)}, compared with ${baseline}; ${accuracyWords(scores)}.`,
    sentences: [...scoreSentences(results, scores), ...unfinished(results), ...evidence(results)],
    figure: {
      name: 'Training time',
      value: delta.trainingTimeReduction === null ? 'n/a' : `÷ ${number('trainingTimeReduction', delta)}`,
      beside: `${optimized} against ${baseline}; checkpoint ÷ ${number('modelSizeReduction', delta)}, memory ÷ ${number('memoryReduction', delta)}`,
    },
  };
}

const number = (name: DeltaName, delta: ComparisonResults['delta']): string =>
  delta[name] === null ? 'n/a' : formatDelta(name, delta[name]);

/** A ratio as "4.12 times less" or "1.30 times more". */
const times = (name: DeltaName, ratio: number): string =>
  ratio >= 1 ? `${formatDelta(name, ratio)} times less` : `${formatDelta(name, 1 / ratio)} times more`;

/** "a, b and c" */
const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

function outcomeOf(own: readonly Delta[], costOnly: boolean): Finding['outcome'] {
  const conclusions = own.map(({ conclusion }) => conclusion);
  const scores = own.filter(({ kind }) => kind === 'difference').map(({ conclusion }) => conclusion);
  if (conclusions.every((one) => one === 'unknown')) return 'untested';
  if (scores.includes('worse')) return 'worse';
  const costs = own.filter(({ metric }) => COSTS.some(([name]) => name === metric));
  if (costs.some(({ conclusion }) => conclusion === 'worse')) return 'same'; // it saves one cost at the price of another
  if (costOnly) return 'untested';
  return costs.some(({ conclusion }) => conclusion === 'better') ? 'better' : 'same';
}

function accuracyWords(scores: readonly Delta[]): string {
  const named = (conclusion: Delta['conclusion']) =>
    scores
      .filter((delta) => delta.conclusion === conclusion)
      .map(({ job, metric }) => `${nameOf(metric)} (${job})`);
  if (scores.length === 0) return 'accuracy was not measured';
  const [worse, better] = [named('worse'), named('better')];
  if (worse.length > 0) return `it is worse by more than noise in ${listed(worse)}`;
  if (better.length > 0) return `it is better by more than noise in ${listed(better)}, and worse in nothing`;
  if (scores.every(({ conclusion }) => conclusion === 'unknown')) {
    return 'one seed cannot say whether accuracy differs by more than noise';
  }
  return 'accuracy does not differ by more than noise';
}

/** Name of a score without its unit, within a sentence. */
function nameOf(metric: DeltaName): string {
  const [name] = deltaWords[metric].split(',');
  return /^[A-Z]{2}/.test(name) ? name : name[0].toLowerCase() + name.slice(1);
}

/** One sentence per job with its scores' differences. */
function scoreSentences({ jobs, level }: ComparisonResults, scores: readonly Delta[]): string[] {
  return jobs.flatMap((job) => {
    const own = scores.filter((delta) => delta.job === job);
    if (own.length === 0) return [];
    const parts = own.map(({ metric, value, interval }) => {
      const range =
        interval === null ? '' : ` (${interval.map((bound) => formatDelta(metric, bound)).join(' to ')})`;
      return `${nameOf(metric)} ${formatDelta(metric, value)}${range}`;
    });
    const intervals = own.some(({ interval }) => interval) ? `, with ${percent(level, 0)} intervals` : '';
    return [`${jobWords[job]}, difference on the test part${intervals}: ${parts.join(', ')}.`];
  });
}

function unfinished(results: ComparisonResults): string[] {
  return unfinishedTraining(results).map((sentence) => sentence[0].toUpperCase() + sentence.slice(1));
}

function evidence({ seeds, repeats, costOnly }: ComparisonResults): string[] {
  const runs = `${counted(seeds, 'seed')} and ${counted(repeats, 'measurement')} per seed`;
  if (costOnly) {
    return [
      `Costs alone were measured, with ${runs}: training was cut short, or the encoder has random weights.`,
    ];
  }
  return seeds < 2 ? [`With ${runs}, the noise of training is not known.`] : [];
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
