import { describeIssue } from '@fin/run';
import { z } from 'zod';
import { ForecastInputError } from '../errors.js';
import { changeSettings, resolveSettings } from '../model/resolve-settings.js';
import type { ForecasterOptions, ForecasterSettings } from '../model/settings.js';
import { forecasterSettingsSchema } from '../model/settings-schema.js';

/** Settings of a walk-forward evaluation. The run folder holds a copy. */
export interface BacktestSettings {
  /** Settings of the forecaster. Seeds are counted from its `seed`. */
  readonly forecaster: ForecasterSettings;
  /** The models to compare, as changes to `forecaster`. @default one model without changes */
  readonly variants: readonly Variant[];
  /** Number of seeds. Every fold is trained once with each. @default 1 */
  readonly seeds: number;
  /** First target date to test, YYYY-MM-DD; null for the second half of the data. @default null */
  readonly from: string | null;
  /** Last target date to test; null for the end of the data. @default null */
  readonly to: string | null;
  /** `expanding`: each fold trains on all earlier days; `sliding`: on the last `trainDays`. @default 'expanding' */
  readonly mode: 'expanding' | 'sliding';
  /** With `sliding`: training days of each fold; null for as many as the first fold has. @default null */
  readonly trainDays: number | null;
  /** Trading days that each fold tests; then the models are trained anew. @default 63 */
  readonly refitEvery: number;
  /** Days before each test part, and before its purge, that decide when training stops. @default 126 */
  readonly validationDays: number;
  /** Days dropped before each validation and test part. With targets one day ahead, 0 leaks nothing. @default 0 */
  readonly purge: number;
  /** Days after each test part that later folds do not train on. @default 0 */
  readonly embargo: number;
}

/** One model of a comparison. */
export interface Variant {
  /** Name of its row in the table; null names it by its text side. */
  readonly name: string | null;
  /** Settings that differ from the common ones. */
  readonly settings: ForecasterOptions;
}

/** Settings given by the caller. Defaults fill in the rest. */
export type BacktestOptions = Partial<Omit<BacktestSettings, 'forecaster'>> & {
  readonly forecaster?: ForecasterOptions;
};

const defaults: Omit<BacktestSettings, 'forecaster'> = {
  variants: [{ name: null, settings: {} }],
  seeds: 1,
  from: null,
  to: null,
  mode: 'expanding',
  trainDays: null,
  refitEvery: 63,
  validationDays: 126,
  purge: 0,
  embargo: 0,
};

const days = z.int().min(0).max(100_000);
const positive = z.int().min(1).max(100_000);

/** Schema of {@link BacktestSettings}, for callers and for the files of a run. */
export const backtestSettingsSchema: z.ZodType<BacktestSettings> = z.object({
  forecaster: forecasterSettingsSchema,
  variants: z
    .array(z.object({ name: z.string().min(1).nullable(), settings: z.record(z.string(), z.unknown()) }))
    .min(1),
  seeds: z.int().min(1).max(1000),
  from: z.string().nullable(),
  to: z.string().nullable(),
  mode: z.enum(['expanding', 'sliding']),
  trainDays: positive.nullable(),
  refitEvery: positive,
  // Without a validation day, nothing would say when to stop.
  validationDays: positive,
  purge: days,
  embargo: days,
}) as z.ZodType<BacktestSettings>;

/** Completes settings with the defaults. @throws {ForecastInputError} naming a setting that is out of range */
export function resolveBacktestSettings(options: BacktestOptions = {}): BacktestSettings {
  const settings = { ...defaults, ...options, forecaster: resolveSettings(options.forecaster) };
  const { success, data, error } = backtestSettingsSchema.safeParse(settings);
  if (!success) throw new ForecastInputError(`the setting ${describeIssue(error)}`);
  for (const variant of data.variants) {
    variantSettings(data, variant);
    if (variant.settings.seed !== undefined) {
      throw new ForecastInputError(
        'the setting seed is not one of a variant: all variants use the same seeds',
      );
    }
  }
  return data;
}

/** Settings of one variant with one seed. @param seed from 0 */
export function variantSettings(
  { forecaster }: BacktestSettings,
  { settings }: Variant,
  seed = 0,
): ForecasterSettings {
  return { ...changeSettings(forecaster, settings), seed: forecaster.seed + seed };
}
