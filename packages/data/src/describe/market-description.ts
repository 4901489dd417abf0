/** What {@link describeMarket} tells of a market. */
export interface MarketDescription {
  readonly market: string;
  readonly synthetic: boolean;
  readonly fingerprint: string;
  /** The synthetic market's truth; absent for real ones. */
  readonly signal?: number;
  readonly news: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
    readonly headlines: number;
    readonly headlinesPerDay: NumberSummary;
    /** Characters in a headline. */
    readonly characters: NumberSummary;
    /** Parts of a headline between spaces. */
    readonly words: NumberSummary;
    readonly distinctHeadlines: number;
  };
  readonly prices: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
    readonly firstClose: number;
    readonly lastClose: number;
    readonly lowestClose: { readonly date: string; readonly close: number };
    readonly highestClose: { readonly date: string; readonly close: number };
  };
  readonly returns: {
    /** ln(close / close of the day before), over all days of prices. */
    readonly logReturn: NumberSummary;
    readonly worst: { readonly date: string; readonly logReturn: number };
    readonly best: { readonly date: string; readonly logReturn: number };
    /** Share of days whose close rose; a day that stayed the same did not. */
    readonly upRate: number;
    readonly unchangedDays: number;
    /** Correlation of each return with the one before. */
    readonly autocorrelation: number;
  };
  /** Labels 1 and 0 of the news file. */
  readonly labels: { readonly ones: number; readonly zeros: number };
}

export interface NumberSummary {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
  /** Standard deviation (n - 1). */
  readonly sd: number;
}
