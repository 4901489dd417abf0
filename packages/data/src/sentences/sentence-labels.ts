import { DataInputError, quote } from '../errors.js';

export const sentimentLabels = ['positive', 'negative', 'neutral'] as const;
export type SentimentLabel = (typeof sentimentLabels)[number];

/** Names of the classes in published sets. Letter case and outer spaces do not matter. */
const knownLabels: Readonly<Record<string, SentimentLabel>> = {
  positive: 'positive',
  negative: 'negative',
  neutral: 'neutral',
  pos: 'positive',
  neg: 'negative',
  neu: 'neutral',
  bullish: 'positive',
  bearish: 'negative',
};

/** What the labels of a file mean, by label. */
export type LabelNames = Readonly<Record<string, SentimentLabel>>;

const isNumber = (text: string): boolean => /^[+-]?\d+(\.0*)?$/.test(text);

/** A label as it is compared: without letter case and outer spaces, and `2.0` as `2`. */
export function labelKey(text: string): string {
  const key = text.trim().toLowerCase();
  return isNumber(key) ? String(Number(key)) : key;
}

/** The class that a label means; null when that is not known. @param names meanings that the caller gives */
export function labelMeaning(text: string, names: LabelNames = {}): SentimentLabel | null {
  const key = labelKey(text);
  const given = Object.entries(names).find(([name]) => labelKey(name) === key);
  if (given) return given[1];
  return Object.hasOwn(knownLabels, key) ? knownLabels[key] : null;
}

/** Parses `0=negative,1=neutral,2=positive`. @throws DataInputError naming the part that is wrong */
export function parseLabelNames(text: string): LabelNames {
  const names: Record<string, SentimentLabel> = {};
  for (const part of text.split(',')) {
    const [label, meaning = ''] = part.split('=').map((side) => side.trim());
    const name = sentimentLabels.find((one) => one === meaning.toLowerCase());
    if (label === '' || name === undefined || part.split('=').length !== 2) {
      throw new DataInputError(`${quote(part)} is not a label and its meaning`, {
        fix: `Give parts such as 0=negative, with ${sentimentLabels.join(', ')} as meanings.`,
      });
    }
    names[label] = name;
  }
  return names;
}

/** Problem and fix for a label whose meaning is not known. */
export function unknownLabel(text: string, all: readonly string[]): { problem: string; fix: string } {
  const shown = [...new Set(all.map((label) => label.trim()))].sort().slice(0, 6);
  if (isNumber(text.trim())) {
    return {
      problem: `the labels are numbers (${shown.join(', ')}), and the file does not say what they mean`,
      fix: `Give their names, for example --labels ${shown.map((label, i) => `${label}=${['negative', 'neutral', 'positive'][i % 3]}`).join(',')}.`,
    };
  }
  return {
    problem: `${quote(text.trim())} is not a label`,
    fix: `Labels are ${sentimentLabels.join(', ')}, bullish, bearish; give the meaning of others with --labels LABEL=MEANING,….`,
  };
}
