/** Patience with a server. */
export interface Limits {
  /** Further tries after one that brought nothing new. */
  readonly retries: number;
  /** Wait before the first further try. It doubles with each one that fails. */
  readonly delayMs: number;
  /** A connection on which nothing arrives for this long is given up. */
  readonly idleMs: number;
  /** A short answer that is not complete after this long is given up. */
  readonly wholeMs: number;
  /** Longest wait that a server may ask for. */
  readonly longestWaitMs: number;
}

/** Four further tries take 15 s. The hub counts requests in windows of five minutes, so it asks for no longer wait than that. */
export const LIMITS: Limits = {
  retries: 4,
  delayMs: 1000,
  idleMs: 30_000,
  wholeMs: 120_000,
  longestWaitMs: 300_000,
};

/** Received bytes that count as something new: a server that sends a few each time is given up. */
export const PROGRESS_BYTES: number = 2 ** 20;

/** As many as a browser follows. */
export const MAX_REDIRECTS = 20;

/** Above any answer of the hub about a model, and above a century of daily prices; a longer one is something else. */
export const MAX_ANSWER_BYTES: number = 32 * 2 ** 20;
