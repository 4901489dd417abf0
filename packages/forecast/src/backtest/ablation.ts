import { ForecastInputError } from '../errors.js';
import type { ForecasterOptions, ForecasterSettings } from '../model/settings.js';
import type { Variant } from './settings.js';

/**
 * Parts of an ablation. `price-only`: no text. `text-only`: no prices, with scored text where there is a model, else a small BERT from
 * random weights. `random`, `scored`, `joint`: prices with that text side.
 */
export const ablationNames = ['price-only', 'text-only', 'random', 'scored', 'joint'] as const;

export type AblationName = (typeof ablationNames)[number];

/**
 * The variants of an ablation, for `backtest`: the same forecaster with parts left out.
 *
 * @param forecaster the common settings
 * @param names @default with a model price-only, text-only, scored and joint; else price-only, text-only and random
 * @throws {ForecastInputError} when a variant needs a model and there is none, or there are fewer than two
 * @example
 * const variants = ablationVariants({ model: 'runs/sentiment/first' });
 * await backtest({ market, runDir: 'runs/ablation', settings: { forecaster: { model: 'runs/sentiment/first' }, variants } });
 */
export function ablationVariants(
  { model }: ForecasterOptions,
  names: readonly AblationName[] = model ? WITH_MODEL : WITHOUT_MODEL,
): Variant[] {
  if (new Set(names).size < Math.max(2, names.length)) {
    throw new ForecastInputError(
      `an ablation compares at least two different variants, not "${names.join(',')}"; there are ${ablationNames.join(', ')}`,
    );
  }
  return names.map((name) => {
    if ((name === 'scored' || name === 'joint') && !model) {
      throw new ForecastInputError(`the variant ${name} needs a model: give the folder of one`);
    }
    return { name: null, settings: settingsOf(name, Boolean(model)) };
  });
}

const WITH_MODEL: readonly AblationName[] = ['price-only', 'text-only', 'scored', 'joint'];
const WITHOUT_MODEL: readonly AblationName[] = ['price-only', 'text-only', 'random'];

function settingsOf(name: AblationName, hasModel: boolean): ForecasterOptions {
  if (name === 'price-only') return { text: 'none', prices: true };
  if (name === 'text-only') return { text: hasModel ? 'scored' : 'random', prices: false };
  return { text: name, prices: true };
}

/** Whether a model is another one with parts added, so that the other is a special case of it. */
export function nests(model: ForecasterSettings, other: ForecasterSettings): boolean {
  const addsText = other.text === 'none' && model.text !== 'none' && model.prices && other.prices;
  const addsPrices = other.text === model.text && model.prices && !other.prices;
  return addsText || addsPrices;
}
