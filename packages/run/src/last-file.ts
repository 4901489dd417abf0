/** What made a run: `trainForecaster` or `tuneSentiment`. */
export type RunKind = 'forecaster' | 'sentiment-tuning';

/** What a run of each kind writes last, before its manifest. */
export const lastFile: Readonly<Record<RunKind, string>> = {
  forecaster: 'predictions.csv',
  'sentiment-tuning': 'confusion.json',
};
