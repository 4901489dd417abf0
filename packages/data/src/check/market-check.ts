import type { MarketCalendar } from '../calendar/market-calendar.js';
import type { NewsReport } from '../market.js';
import type { DroppedValue, FileReport } from '../read/understanding.js';
import type { ImplausibleMove } from './implausible-moves.js';
import type { NewsCoverage } from './news-coverage.js';
import type { SuspiciousPrice } from './suspicious-prices.js';

/** Findings of {@link checkMarket}, with their days. The market itself stays unchanged. */
export interface MarketCheck extends NewsCoverage {
  readonly market: string;
  readonly synthetic: boolean;
  readonly fingerprint: string;
  /** Days of news: those with a headline or a label. */
  readonly days: number;
  readonly headlines: number;
  /** First and last day of news. */
  readonly first: string;
  readonly last: string;
  /** First and last day of the market: those of the news, without news those of the prices. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Content that was understood of each file; empty for a market that was not read from files. */
  readonly files: readonly FileReport[];
  /** Encoding of each file, or its format where it stores characters and not bytes. */
  readonly encodings: Readonly<Record<string, string>>;
  /** Rows that were left out, with the reason. */
  readonly dropped: readonly (DroppedValue & { readonly file: string })[];
  /** Decisions that the files did not force, and values that are missing. */
  readonly assumptions: readonly { readonly file: string; readonly text: string }[];
  /** Calendar that the prices follow. */
  readonly calendar: MarketCalendar;
  /** Cells that are empty or hold `nan`, `None`, `null` or `b''` alone. */
  readonly absentHeadlines: number;
  /** Headlines with characters that a wrong decoding leaves, such as `â€™`. */
  readonly mojibake: number;
  /** How headlines were placed on days, and their copies. */
  readonly news?: NewsReport;
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
  /** Rows that repeat open, high, low and close of the row before. */
  readonly repeatedRows: readonly {
    readonly date: string;
    readonly repeats: string;
    readonly close: number;
  }[];
  /** NYSE trading days between the first and the last price without a price row, where the prices follow the NYSE's calendar. */
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
  /** Days without a volume, in a series that has volumes. */
  readonly volumeGaps: readonly string[];
  /** Moves too large to be true against the series' own spread: wrong rows, unadjusted splits. */
  readonly implausibleMoves: readonly ImplausibleMove[];
  /** Prices and volumes that are probably mistakes, with their neighbours and the remedy. */
  readonly suspiciousPrices: readonly SuspiciousPrice[];
  /** Values that differ from a second price table by more than 0.01. */
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
