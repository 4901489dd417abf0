import type { SuspiciousPrice } from './suspicious-prices.js';

/** Findings of {@link checkMarket}, with their days. The market itself stays unchanged. */
export interface MarketCheck {
  readonly market: string;
  readonly synthetic: boolean;
  readonly fingerprint: string;
  /** Days of news (rows of labels). */
  readonly days: number;
  readonly headlines: number;
  /** First and last day of news. */
  readonly first: string;
  readonly last: string;
  readonly priceDays: number;
  readonly firstPrice: string;
  readonly lastPrice: string;
  /** Labels that could be compared with two closes. */
  readonly labelsChecked: number;
  /** Labels that disagree with the documented rule: 1 when the close rose or stayed the same. */
  readonly labelMismatches: readonly LabelMismatch[];
  /** Days whose label cannot be checked, with the reason. */
  readonly notCheckable: readonly { readonly date: string; readonly reason: string }[];
  /** Rows that repeat both close and volume of the row before, so were probably never updated. */
  readonly staleRows: readonly StaleRow[];
  /** Empty headline cells: ranks missing on a day, up to the highest rank anywhere. */
  readonly emptyCells: readonly { readonly date: string; readonly rank: number }[];
  /** Texts that occur more than once, with every place. */
  readonly repeatedHeadlines: readonly RepeatedHeadline[];
  /** NYSE trading days between the first and the last price without a price row. */
  readonly missingDays: readonly string[];
  /** Price rows of days on which the NYSE was closed, with the reason. */
  readonly extraDays: readonly { readonly date: string; readonly reason: string }[];
  /** Price days before the calendar's start, which are not compared. */
  readonly daysBeforeCalendar: number;
  /** News days without a price row. */
  readonly newsWithoutPrice: readonly string[];
  /** Price days within the span of the news that have no news row. */
  readonly pricesWithoutNews: readonly string[];
  /** Rows whose low is not the lowest or whose high is not the highest of their four prices. */
  readonly inconsistentRows: readonly InconsistentRow[];
  /** Rows whose adjusted close differs from the close (an index pays no dividend: they should be equal). */
  readonly adjustedRows: readonly {
    readonly date: string;
    readonly close: number;
    readonly adjClose: number;
  }[];
  readonly zeroVolumeDays: readonly string[];
  /** Prices and volumes that are probably mistakes, with their neighbours and the remedy. */
  readonly suspiciousPrices: readonly SuspiciousPrice[];
  /** Values that differ from a second price table by more than {@link priceTolerance}. */
  readonly priceDisagreements: readonly PriceDisagreement[];
}

export interface LabelMismatch {
  readonly date: string;
  readonly label: number;
  /** The label by the documented rule. */
  readonly expected: number;
  readonly close: number;
  readonly previousDate: string;
  readonly previousClose: number;
}

export interface StaleRow {
  readonly date: string;
  /** The day whose values the row repeats. */
  readonly repeats: string;
  readonly close: number;
  readonly volume: number;
}

export interface RepeatedHeadline {
  readonly text: string;
  readonly places: readonly { readonly date: string; readonly rank: number }[];
}

export interface InconsistentRow {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface PriceDisagreement {
  readonly date: string;
  readonly column: string;
  readonly value: number;
  readonly other: number;
}

/** Difference, in index points or shares, that two price tables may have, because published copies round differently. */
export const priceTolerance = 0.01;
