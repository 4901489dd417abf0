import { setTimeout as sleep } from 'node:timers/promises';
import { SourceUnavailableError } from '../errors.js';
import type { Limits } from './limits.js';
import { MAX_ANSWER_BYTES, MAX_REDIRECTS } from './limits.js';
import type { Refusal } from './problems.js';
import { connectionProblem, problemOf, shownAddress, TransientError } from './problems.js';

/** Options of {@link HttpClient}. */
export interface ClientOptions {
  /** Address of the source. Credentials are sent to its origin alone. */
  readonly endpoint: string;
  /** Value of the header `authorization`; null without credentials. */
  readonly authorization?: string | null;
  /** Other headers of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The thing that is fetched, for messages. */
  readonly name: string;
  /** Makes the error for an answer of the source that no further try changes. @default one that names the status */
  readonly refusal?: Refusal;
  readonly limits: Limits;
  readonly signal?: AbortSignal;
  /** Told before each further try. */
  readonly onRetry: (text: string) => void;
}

/** An answer whose body is still arriving. */
export interface Answer {
  readonly response: Response;
  /** The body, piece by piece. A connection that breaks or falls silent throws. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/**
 * Requests to a source: redirects followed, credentials sent to the source's own origin alone, silent connections given up, failures
 * tried again with growing waits.
 */
export class HttpClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Does work that may fail for a while, such as a download: after a {@link TransientError} it is done again.
   *
   * @throws {SourceUnavailableError} when the last try failed, too; other errors are passed on
   */
  async persist<T>(work: () => Promise<T>): Promise<T> {
    const { limits, signal, onRetry, name } = this.#options;
    for (let failed = 0; ; ) {
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        failed = error.progressed ? 0 : failed + 1;
        const wait = error.waitMs ?? limits.delayMs * 2 ** Math.max(0, failed - 1);
        if (failed > limits.retries) {
          throw new SourceUnavailableError(
            `${name} could not be fetched: ${error.message}, the last of ${failed} tries in a row${error.advice}`,
          );
        }
        if (wait > limits.longestWaitMs) {
          throw new SourceUnavailableError(
            `${name} could not be fetched: ${error.message} and asks to wait ${Math.round(wait / 1000)} s: try again later`,
          );
        }
        onRetry(`${error.message}; trying again in ${(wait / 1000).toFixed(0)} s`);
        await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  /**
   * One try of one request. The answer is given to `read` as soon as its head is there.
   *
   * @param accepted statuses that `read` is given
   * @throws {TransientError} when another try may succeed
   * @throws {SourceInputError | SourceUnavailableError} when none will
   */
  async request<T>(
    address: string,
    {
      headers = {},
      accepted,
      wholeMs,
    }: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly accepted: readonly number[];
      /** The answer is given up when it is not complete after this long. @default never */
      readonly wholeMs?: number;
    },
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const { signal, limits } = this.#options;
    signal?.throwIfAborted();
    const watch = new Watch(limits.idleMs, wholeMs, signal);
    try {
      const { response, url } = await this.#follow(new URL(address), headers, watch);
      if (!accepted.includes(response.status)) {
        await response.body?.cancel().catch(() => {});
        throw problemOf(response, url, this.#options);
      }
      return await read({ response, pieces: () => piecesOf(response, url, watch) });
    } finally {
      watch.end();
    }
  }

  /**
   * Fetches a short answer as a whole, with further tries.
   *
   * @param read makes the result from the answer; a {@link TransientError} in it leads to another try
   */
  get<T>(
    address: string,
    read: (body: Buffer, response: Response) => T | Promise<T>,
    { maxBytes = MAX_ANSWER_BYTES }: { readonly maxBytes?: number } = {},
  ): Promise<T> {
    const { limits, name } = this.#options;
    return this.persist(() =>
      this.request(address, { accepted: [200], wholeMs: limits.wholeMs }, async ({ response, pieces }) =>
        read(await wholeBody(pieces(), maxBytes, name), response),
      ),
    );
  }

  async #follow(
    from: URL,
    headers: Readonly<Record<string, string>>,
    watch: Watch,
  ): Promise<{ response: Response; url: URL }> {
    let url = from;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#send(url, headers, watch);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return { response, url };
      await response.body?.cancel().catch(() => {});
      const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
      const isDowngrade = url.protocol === 'https:' && next?.protocol !== 'https:';
      if (next === null || !/^https?:$/.test(next.protocol) || isDowngrade) {
        throw new SourceUnavailableError(
          `${shownAddress(url)} redirects to an address that is not followed: it must be one of https, as the first`,
        );
      }
      url = next;
    }
    throw new SourceUnavailableError(
      `${shownAddress(from)} redirects in a circle: ${MAX_REDIRECTS} redirects, the last to ${shownAddress(url)}`,
    );
  }

  async #send(url: URL, headers: Readonly<Record<string, string>>, watch: Watch): Promise<Response> {
    const { endpoint, authorization, headers: always } = this.#options;
    const isSource = url.origin === new URL(endpoint).origin;
    try {
      return await fetch(url, {
        redirect: 'manual',
        signal: watch.signal,
        headers: { ...always, ...headers, ...(isSource && authorization && { authorization }) },
      });
    } catch (error) {
      throw watch.problem(url) ?? connectionProblem(error, url);
    } finally {
      watch.touch();
    }
  }
}

async function* piecesOf(response: Response, url: URL, watch: Watch): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of response.body ?? []) {
      watch.touch();
      yield piece as Uint8Array;
    }
  } catch (error) {
    throw watch.problem(url) ?? connectionProblem(error, url);
  }
}

async function wholeBody(pieces: AsyncIterable<Uint8Array>, maxBytes: number, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    length += piece.length;
    if (length > maxBytes) {
      throw new SourceUnavailableError(
        `the answer for ${name} is longer than ${maxBytes} bytes: it is something else than was asked for`,
      );
    }
  }
  return Buffer.concat(parts);
}

/** Ends a request on which nothing arrives for a while, which takes too long as a whole, or when the caller gives up. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout | undefined;
  readonly #caller: AbortSignal | undefined;
  readonly #stop = () => this.#controller.abort();
  /** Why a timer ended the request. */
  #reason: string | null = null;

  constructor(idleMs: number, wholeMs: number | undefined, caller: AbortSignal | undefined) {
    this.#caller = caller;
    caller?.addEventListener('abort', this.#stop, { once: true });
    const endAfter = (ms: number, reason: string) =>
      setTimeout(() => {
        this.#reason = reason;
        this.#stop();
      }, ms);
    this.#timer = endAfter(idleMs, `sent nothing for ${idleMs / 1000} s`);
    if (wholeMs !== undefined) this.#whole = endAfter(wholeMs, `had not sent all after ${wholeMs / 1000} s`);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something arrived. */
  touch(): void {
    this.#timer.refresh();
  }

  /** Why this ended the request; null when it did not. */
  problem(url: URL): unknown {
    if (this.#caller?.aborted) return this.#caller.reason;
    return this.#reason === null ? null : new TransientError(`${shownAddress(url)} ${this.#reason}`);
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#whole);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#stop();
  }
}
