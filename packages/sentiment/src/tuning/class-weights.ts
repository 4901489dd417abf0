/**
 * Weight of each class in the loss: number of texts over number of its texts, as in finBERT. Cross-entropy divides by the sum
 * of weights, so only their ratios count.
 *
 * @param labels class of each training text
 */
export function classWeights(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts.map((count) => labels.length / Math.max(1, count));
}
