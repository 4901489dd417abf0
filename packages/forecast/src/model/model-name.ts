import type { ForecasterSettings } from './settings.js';

/**
 * Name of a model's row in tables, by its parts:
 *
 * - `lstm`: prices alone
 * - `bert(random)+lstm`: a small BERT with random initial weights, trained with the LSTM
 * - `sentiment+lstm`: scores of a frozen sentiment model with the LSTM
 * - `joint-lora+lstm`, `joint-full+lstm`: a pretrained encoder, trained with the LSTM
 *
 * Without prices, the same without `+lstm`.
 */
export function modelName({
  text,
  prices,
  finetuning,
}: Pick<ForecasterSettings, 'text' | 'prices' | 'finetuning'>): string {
  const names = { random: 'bert(random)', scored: 'sentiment', joint: `joint-${finetuning}` };
  if (text === 'none') return 'lstm';
  return prices ? `${names[text]}+lstm` : names[text];
}
