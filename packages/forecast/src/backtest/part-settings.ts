import { z } from 'zod';
import { ForecastInputError } from '../errors.js';
import type { BacktestOptions, BacktestSettings } from './settings.js';
import { backtestSettingsSchema, resolveBacktestSettings } from './settings.js';
import type { Part } from './share-of-jobs.js';

/** Settings of a part: those of the whole run, and which part it is. */
export interface PartSettings extends BacktestSettings {
  readonly part: Part;
}

/** Parts that a run may have. More are probably a typing error. */
const MOST_PARTS = 10_000;

const number = z.int().min(1).max(MOST_PARTS);

/** Schema of {@link PartSettings}. */
export const partSettingsSchema: z.ZodType<PartSettings> = z.intersection(
  backtestSettingsSchema,
  z.object({ part: z.object({ index: number, count: number }) }),
);

/** Completes settings with the defaults. @throws {ForecastInputError} naming a setting that is out of range */
export function resolvePartSettings(options: BacktestOptions = {}, part: Part): PartSettings {
  const { index, count } = part;
  if (!number.safeParse(index).success || !number.safeParse(count).success || index > count) {
    throw new ForecastInputError(
      `there is no part ${index} of ${count}: parts are counted from 1, and there are ${MOST_PARTS} at most`,
    );
  }
  return { ...resolveBacktestSettings(options), part };
}
