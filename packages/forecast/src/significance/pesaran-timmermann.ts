import { ForecastInputError } from '../errors.js';
import type { OneSidedResult } from './clark-west.js';
import { normalTail } from './normal-tail.js';

/**
 * Pesaran-Timmermann test that forecast directions are independent of the actual ones. One-sided: a small p-value speaks for a
 * forecast that tells ups from downs. Unlike the share of right directions, it gives no credit for always naming the direction
 * that is more frequent.
 *
 * Source: Pesaran and Timmermann (1992), Journal of Business & Economic Statistics 10, equations 5 and 6.
 *
 * @param actualUp whether the series rose, in time order
 * @param forecastUp whether the forecast said so, on the same days
 * @returns nulls when either series has one direction only, because then every forecast is as good as any other
 * @throws ForecastInputError when the series differ in length or are empty
 */
export function pesaranTimmermann(
  actualUp: readonly boolean[],
  forecastUp: readonly boolean[],
): OneSidedResult {
  const n = actualUp.length;
  if (forecastUp.length !== n || n === 0) {
    throw new ForecastInputError(
      `pesaranTimmermann: ${n} actual and ${forecastUp.length} forecast directions; pass one of each per day`,
    );
  }
  const share = (directions: readonly boolean[]) => directions.filter((up) => up).length / n;
  const [py, px] = [share(actualUp), share(forecastUp)];
  const oneDirection =
    px === 0 || px === 1 ? 'the forecast names' : py === 0 || py === 1 ? 'the series has' : null;
  if (oneDirection !== null) {
    const note = `${oneDirection} the same direction every day, so there is nothing to test`;
    return { statistic: null, pValue: null, n, note };
  }
  const hits = actualUp.filter((up, i) => up === forecastUp[i]).length / n;
  const byChance = py * px + (1 - py) * (1 - px);
  const variance = (byChance * (1 - byChance)) / n;
  const varianceByChance =
    ((2 * py - 1) ** 2 * px * (1 - px) + (2 * px - 1) ** 2 * py * (1 - py)) / n +
    (4 * py * px * (1 - py) * (1 - px)) / n ** 2;
  if (variance - varianceByChance <= 0) {
    const note = `${n} forecasts are too few, so there is nothing to test`;
    return { statistic: null, pValue: null, n, note };
  }
  const statistic = (hits - byChance) / Math.sqrt(variance - varianceByChance);
  return { statistic, pValue: normalTail(statistic), n, note: null };
}
