export { lastClosedDay } from './calendar/last-closed-day.js';
export type { MarketCalendar } from './calendar/market-calendar.js';
export { closureReason, isTradingDay, nextTradingDay, tradingDays } from './calendar/nyse-calendar.js';
export type { CheckMarketOptions } from './check/check-market.js';
export { checkMarket } from './check/check-market.js';
export type { ImplausibleMove } from './check/implausible-moves.js';
export { moveText } from './check/implausible-moves.js';
export type {
  InconsistentRow,
  LabelMismatch,
  MarketCheck,
  PriceDisagreement,
  RepeatedHeadline,
  StaleRow,
} from './check/market-check.js';
export type { NewsCoverage } from './check/news-coverage.js';
export type { SuspiciousPrice } from './check/suspicious-prices.js';
export type { CleaningCounts } from './clean/clean-headline.js';
export { cleanHeadline } from './clean/clean-headline.js';
export type { DayReturn, MarketDescription, NumberSummary } from './describe-market.js';
export { describeMarket } from './describe-market.js';
export type { DataInputErrorDetails } from './errors.js';
export { DataInputError } from './errors.js';
export type { Feature, Past } from './features/feature.js';
export { featureTable, usableFeatures } from './features/feature-table.js';
export type { FeatureName } from './features/registry.js';
export { defaultFeatures, featureNames, features } from './features/registry.js';
export type { HeadlineCopies } from './headlines/copies.js';
export type { HeadlineCounts, HeadlineFileOptions, HeadlinePlacement } from './headlines/headline-rows.js';
export type { LoadedHeadlines } from './headlines/load-headlines.js';
export { loadHeadlines } from './headlines/load-headlines.js';
export type { LoadKaggleOptions } from './kaggle/load-kaggle.js';
export { loadKaggle } from './kaggle/load-kaggle.js';
export { writeKaggleFiles } from './kaggle/write-kaggle-files.js';
export type { Market, MarketParts, NewsReport } from './market.js';
export { makeMarket } from './market.js';
export type { MarketFileOptions, MarketFiles } from './market-files/load-market-files.js';
export { loadMarketFiles } from './market-files/load-market-files.js';
export type { LoadedPrices, PriceFileOptions } from './prices/load-prices.js';
export { loadPrices } from './prices/load-prices.js';
export { isReadableDate } from './read/date-column.js';
export type { DecodedText, Encoding } from './read/decode-text.js';
export { decodeText } from './read/decode-text.js';
export type { ColumnRole, NamedColumns } from './read/find-columns.js';
export { parseColumnNames } from './read/find-columns.js';
export type { DecimalMark } from './read/number-column.js';
export type { DroppedValue, FileRecord, FileReport } from './read/understanding.js';
export { fileRecord } from './read/understanding.js';
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
export type { LabelledSentence, LabelledSentences, SentenceFileOptions } from './sentences/load-sentences.js';
export { loadSentences } from './sentences/load-sentences.js';
export type { LabelNames, SentimentLabel } from './sentences/sentence-labels.js';
export { labelMeaning, parseLabelNames, sentimentLabels } from './sentences/sentence-labels.js';
export type { SentenceSplitOptions } from './sentences/split-sentences.js';
export { splitSentences } from './sentences/split-sentences.js';
export { syntheticTone } from './synthetic/synthetic-headlines.js';
export type { SyntheticMarketOptions } from './synthetic/synthetic-market.js';
export { explainedVariance, syntheticMarket } from './synthetic/synthetic-market.js';
