import type { FeatureName, SampleOptions } from '@fin/data';
import { defaultFeatures } from '@fin/data';
import type { ForecasterSettings } from './settings.js';

/** Price features that a forecaster needs: the default ones, and the level of the close where it is forecast. */
export function priceFeatures({ target }: Pick<ForecasterSettings, 'target'>): readonly FeatureName[] {
  return target === 'close' ? [...defaultFeatures, 'close'] : defaultFeatures;
}

/** Options of `makeSamples` for these settings. */
export function sampleOptions(settings: Pick<ForecasterSettings, 'target' | 'window'>): SampleOptions {
  return { window: settings.window, features: priceFeatures(settings) };
}
