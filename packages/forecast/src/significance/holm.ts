/**
 * Holm's correction of the p-values of several tests (Holm 1979): each adjusted value can be compared with the level as if
 * it were the only one. Equals `multipletests(method = "holm")` of statsmodels.
 *
 * @param pValues one per test; null for a test that has none, which does not count
 * @returns adjusted p-values in the same order, null where null was given
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const order = pValues
    .flatMap((pValue, index) => (pValue === null ? [] : [{ pValue, index }]))
    .sort((a, b) => a.pValue - b.pValue);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  for (const [rank, { pValue, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * pValue));
    adjusted[index] = largest;
  }
  return adjusted;
}
