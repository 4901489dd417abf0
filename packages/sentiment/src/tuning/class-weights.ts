/**
 * Weight of each class in the loss, as in finBERT: the number of all texts divided by the number of texts of the class.
 * Cross-entropy divides by the sum of weights, so only their ratios count.
 *
 * @param labels class of each training text
 */
export function classWeights(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts.map((count) => labels.length / Math.max(1, count));
}
