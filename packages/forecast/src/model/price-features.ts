import type { FeatureName, Market, SampleOptions } from '@fin/data';
import { defaultFeatures, usableFeatures } from '@fin/data';
import type { ForecasterSettings } from './settings.js';

/**
 * Price features of a forecaster: the default ones, and the level of the close where it is forecast. Features that the prices have no
 * values for, such as those of a missing volume, are left out.
 */
function priceFeatures(
  { target }: Pick<ForecasterSettings, 'target'>,
  market: Pick<Market, 'prices'>,
): readonly FeatureName[] {
  const usable = usableFeatures(market, defaultFeatures);
  return target === 'close' ? [...usable, 'close'] : usable;
}

/** Options of `makeSamples` for these settings and this market. */
export function sampleOptions(
  settings: Pick<ForecasterSettings, 'target' | 'window'>,
  market: Pick<Market, 'prices'>,
): SampleOptions {
  return { window: settings.window, features: priceFeatures(settings, market) };
}
