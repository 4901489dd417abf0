/**
 * Weight of a headline by its rank: 1 for the first, 0.63 for the second, 0.21 for the 25th. The discount of discounted
 * cumulative gain (Järvelin & Kekäläinen 2002): readers' attention falls with rank, but not to nothing.
 *
 * @param rank from 1
 */
export function rankWeight(rank: number): number {
  return 1 / Math.log2(1 + rank);
}
