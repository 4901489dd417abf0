import type { Sample } from '@fin/data';
import type { BertTokenizer, PackedBatch, WholeBatch } from '@fin/finbert-lora/tokenizer';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import type { RandomStream } from '@fin/runtime';

/** The headlines of one day. */
export type DayHeadlines = Sample['headlines'];

/** All days of a batch, of which some are a part: their headlines get the dropout masks that they have in it. */
export interface WholeDays {
  readonly days: readonly DayHeadlines[];
  /** Position of the part's first day in it; the others follow. */
  readonly first: number;
}

/** Tokenizes headlines, each distinct text once. */
export class HeadlineTokens {
  readonly #tokenizer: BertTokenizer;
  readonly #maxLength: number | undefined;
  readonly #known = new Map<string, Int32Array>();

  /** @param maxLength maximum tokens per headline. @default the tokenizer's */
  constructor(tokenizer: BertTokenizer, maxLength?: number) {
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
  }

  /**
   * Packs the headlines of several days into one batch. Without any headline the batch holds one empty text, because an
   * encoder needs at least one.
   *
   * @param whole the batch of which the days are a part. @default none
   * @returns the batch, and for each headline the index of its day
   */
  pack(
    days: readonly DayHeadlines[],
    whole?: WholeDays | null,
  ): { readonly batch: PackedBatch; readonly dayOf: Int32Array } {
    const sequences = days.flatMap((headlines) => headlines.map(({ text }) => this.encode(text)));
    const dayOf = Int32Array.from(days.flatMap((headlines, day) => headlines.map(() => day)));
    if (sequences.length === 0) return { batch: packSequences([this.encode('')]), dayOf };
    return { batch: packSequences(sequences, whole ? this.#placeIn(whole) : undefined), dayOf };
  }

  #placeIn({ days, first }: WholeDays): WholeBatch {
    const count = (part: readonly DayHeadlines[]) => part.reduce((sum, { length }) => sum + length, 0);
    const lengths = days.flatMap((headlines) => headlines.map(({ text }) => this.encode(text).length));
    return { lengths, first: count(days.slice(0, first)) };
  }

  /** Token ids of a headline, which the caller does not change. */
  encode(text: string): Int32Array {
    let ids = this.#known.get(text);
    if (!ids) {
      ids = this.#tokenizer.encode(text, { maxLength: this.#maxLength });
      this.#known.set(text, ids);
    }
    return ids;
  }
}

/** Draws at most `count` headlines of a day, without replacement. With null, returns all. */
export function drawHeadlines(
  headlines: DayHeadlines,
  count: number | null,
  stream: RandomStream,
): DayHeadlines {
  if (count === null || headlines.length <= count) return headlines;
  return Array.from(stream.permutation(headlines.length).slice(0, count), (index) => headlines[index]);
}

/** Size of a batch of texts. */
export interface TextSize {
  readonly texts: number;
  /** Special tokens included. */
  readonly tokens: number;
}

/** Size of a batch without text. */
export const NO_TEXT: TextSize = { texts: 0, tokens: 0 };

/** Number of texts and tokens of a packed batch. */
export const packedSize = ({ size, inputIds }: PackedBatch): TextSize => ({
  texts: size,
  tokens: inputIds.length,
});
