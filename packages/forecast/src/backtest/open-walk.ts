import type { RunEnvironment } from '@fin/amp';
import { describeEnvironment } from '@fin/amp';
import type { Fold, Market, Sample } from '@fin/data';
import { makeSamples, walkForwardPeriod } from '@fin/data';
import type { OpenedRun, RunSource } from '@fin/run';
import { dataPaths } from '@fin/run';
import { modelOfRun } from '@fin/sentiment';
import { sampleOptions } from '../model/price-features.js';
import type { ForecasterSettings } from '../model/settings.js';
import { usesModel } from '../model/settings.js';
import { summarizeSplit, understoodOf } from '../run/run-files.js';
import type { BacktestSettings } from './settings.js';
import { variantSettings } from './settings.js';

/** Inputs of a walk-forward run, opened before its folder is touched. */
export interface OpenedWalk extends OpenedRun {
  readonly environment: RunEnvironment;
  /** Folds of each variant. All variants test the same days. */
  readonly folds: readonly (readonly Fold<Sample>[])[];
}

/** Makes the folds of every variant. @throws DataInputError when the market is too short for them */
export function openWalk(
  settings: BacktestSettings,
  { market, source = {} }: { readonly market: Market; readonly source?: RunSource },
): OpenedWalk {
  const base = foldsOf(market, settings, settings.forecaster);
  const period = { from: base[0].test[0].targetDate, to: base.at(-1)!.test.at(-1)!.targetDate };
  const keyOf = (forecaster: ForecasterSettings) => JSON.stringify(sampleOptions(forecaster, market));
  const bySamples = new Map<string, readonly Fold<Sample>[]>([[keyOf(settings.forecaster), base]]);
  const inputs = new Set<string>();
  const folds = settings.variants.map((variant) => {
    const forecaster = variantSettings(settings, variant);
    if (usesModel(forecaster)) {
      modelOfRun(forecaster.model!);
      inputs.add(forecaster.model!);
    }
    const key = keyOf(forecaster);
    const made = bySamples.get(key) ?? foldsOf(market, { ...settings, ...period }, forecaster);
    bySamples.set(key, made);
    return made;
  });
  for (const path of dataPaths(source)) inputs.add(path);
  const spans = base.map(({ train, validation, test }) => ({
    train: summarizeSplit(train),
    validation: summarizeSplit(validation),
    test: summarizeSplit(test),
  }));
  const { name, synthetic, signal = null, fingerprint } = market;
  const data = { name, synthetic, signal, fingerprint, folds: spans, ...understoodOf(market) };
  return {
    folds,
    inputs: [...inputs],
    source,
    environment: describeEnvironment(settings.forecaster.precision),
    data,
  };
}

function foldsOf(market: Market, settings: BacktestSettings, forecaster: ForecasterSettings): Fold<Sample>[] {
  const { from, to, mode, trainDays, refitEvery, validationDays, purge, embargo } = settings;
  return walkForwardPeriod(makeSamples(market, sampleOptions(forecaster, market)), {
    from: from ?? undefined,
    to: to ?? undefined,
    mode,
    trainSize: trainDays ?? undefined,
    refitEvery,
    validationSize: validationDays,
    purge,
    embargo,
  });
}
