export { closureReason, isTradingDay, nextTradingDay, tradingDays } from './calendar/nyse-calendar.js';
export type { CheckMarketOptions } from './check/check-market.js';
export { checkMarket } from './check/check-market.js';
export type {
  InconsistentRow,
  LabelMismatch,
  MarketCheck,
  PriceDisagreement,
  RepeatedHeadline,
  StaleRow,
} from './check/market-check.js';
export type { SuspiciousPrice } from './check/suspicious-prices.js';
export type { CleaningCounts } from './clean/clean-headline.js';
export { cleanHeadline } from './clean/clean-headline.js';
export type { DayReturn, MarketDescription, NumberSummary } from './describe-market.js';
export { describeMarket } from './describe-market.js';
export type { DataInputErrorDetails } from './errors.js';
export { DataInputError } from './errors.js';
export type { Feature, Past } from './features/feature.js';
export { featureTable } from './features/feature-table.js';
export type { FeatureName } from './features/registry.js';
export { defaultFeatures, featureNames, features } from './features/registry.js';
export type { LoadKaggleOptions } from './kaggle/load-kaggle.js';
export { loadKaggle } from './kaggle/load-kaggle.js';
export type { MarketFiles } from './kaggle/load-market-files.js';
export { loadMarketFiles } from './kaggle/load-market-files.js';
export type { News } from './kaggle/load-news.js';
export { loadNews } from './kaggle/load-news.js';
export { loadPrices } from './kaggle/load-prices.js';
export { writeKaggleFiles } from './kaggle/write-kaggle-files.js';
export type { Market, MarketParts } from './market.js';
export { makeMarket } from './market.js';
export type { LabelledSentence, PhraseBank, SentimentLabel } from './phrase-bank/load-phrase-bank.js';
export { loadPhraseBank, sentimentLabels } from './phrase-bank/load-phrase-bank.js';
export type { PhraseBankSplitOptions } from './phrase-bank/split-phrase-bank.js';
export { splitPhraseBank } from './phrase-bank/split-phrase-bank.js';
export type { LatestInput, SampleOptions } from './samples/make-samples.js';
export { latestInput, makeSamples } from './samples/make-samples.js';
export type { DecisionInput, Headline, Sample, Timed } from './samples/sample.js';
export { distinctRows } from './samples/sample.js';
export type { Split, SplitName, SplitOptions } from './samples/split-chronologically.js';
export { splitChronologically, splitNames } from './samples/split-chronologically.js';
export type { Fold, WalkForwardOptions } from './samples/walk-forward.js';
export { walkForward } from './samples/walk-forward.js';
export type { WalkForwardPeriodOptions } from './samples/walk-forward-period.js';
export { walkForwardPeriod } from './samples/walk-forward-period.js';
export type { ScalerState } from './scale/standard-scaler.js';
export { StandardScaler, scalerStateSchema } from './scale/standard-scaler.js';
export { syntheticTone } from './synthetic/synthetic-headlines.js';
export type { SyntheticMarketOptions } from './synthetic/synthetic-market.js';
export { explainedVariance, syntheticMarket } from './synthetic/synthetic-market.js';
