import { labelMeaning, sentimentLabels } from '@fin/data';
import { BertInputError } from '@fin/finbert-lora';

/**
 * Finds the sentiment classes among a model's classes. Their order differs between checkpoints (ProsusAI/finbert: positive,
 * negative, neutral; yiyanghkust/finbert-tone: Neutral, Positive, Negative), and so do their names (bullish, bearish).
 *
 * @param labels the model's classes in the order of its logits
 * @returns the index of the logit for each of `sentimentLabels` of `@fin/data`
 * @throws BertInputError when the classes have other names
 */
export function sentimentColumns(labels: readonly string[], file: string | null = null): number[] {
  const names = labels.map((label) => labelMeaning(label));
  const columns = sentimentLabels.map((label) => names.indexOf(label));
  if (columns.includes(-1) || names.length !== columns.length) {
    throw new BertInputError(
      `its classes are ${labels.join(', ')}, not ${sentimentLabels.join(', ')}: name them in id2label of its config.json, or fine-tune it for sentiment`,
      { file },
    );
  }
  return columns;
}
