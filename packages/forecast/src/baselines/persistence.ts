import type { Baseline } from './baseline.js';
import { constantChange } from './baseline.js';

/** Tomorrow's close is today's: the forecast that published models of daily closes mostly fail to beat. */
export function persistence(): Baseline {
  return constantChange('persistence', 0);
}
