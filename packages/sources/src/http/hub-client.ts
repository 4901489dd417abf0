import { setTimeout as sleep } from 'node:timers/promises';
import { SourceUnavailableError } from '../errors.js';
import type { Limits } from './limits.js';
import { MAX_ANSWER_BYTES, MAX_REDIRECTS } from './limits.js';
import type { Subject } from './problems.js';
import { connectionProblem, problemOf, shownAddress, TransientError } from './problems.js';

/** What a client needs to know. */
export interface ClientOptions {
  readonly endpoint: string;
  readonly token: string | null;
  /** The model that is fetched, for messages. */
  readonly name: string;
  readonly revision: string;
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
 * Requests to the hub: redirects followed, the token sent to the hub's own origin alone, silent connections given up, failures tried
 * again with growing waits.
 */
export class HubClient {
  readonly #options: ClientOptions;
  readonly #subject: Subject;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { name, revision, endpoint, token } = options;
    this.#subject = { name, revision, endpoint, hasToken: token !== null };
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
    }: { readonly headers?: Readonly<Record<string, string>>; readonly accepted: readonly number[] },
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const { signal, limits } = this.#options;
    signal?.throwIfAborted();
    const watch = new Watch(limits.idleMs, signal);
    try {
      const { response, url } = await this.#follow(new URL(address), headers, watch);
      if (!accepted.includes(response.status)) {
        await response.body?.cancel().catch(() => {});
        throw problemOf(response, url, this.#subject);
      }
      return await read({ response, pieces: () => piecesOf(response, url, watch) });
    } finally {
      watch.end();
    }
  }

  /** A `fetch` for the hub's library, which reads short JSON answers: each is complete when it is returned. */
  readonly fetch: typeof globalThis.fetch = (input) =>
    this.persist(() =>
      this.request(String(input), { accepted: [200] }, async ({ response, pieces }) => {
        const body = await wholeBody(pieces());
        return new Response(body, { status: response.status, headers: response.headers });
      }),
    );

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
    const { endpoint, token } = this.#options;
    const isHub = url.origin === new URL(endpoint).origin;
    try {
      return await fetch(url, {
        redirect: 'manual',
        signal: watch.signal,
        headers: { ...headers, ...(isHub && token !== null && { authorization: `Bearer ${token}` }) },
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

async function wholeBody(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new SourceUnavailableError(
        `the answer is longer than ${MAX_ANSWER_BYTES} bytes: it is not the hub's`,
      );
    }
  }
  return Buffer.concat(parts);
}

/** Ends a request on which nothing arrives for a while, or when the caller gives up. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  readonly #idleMs: number;
  readonly #stop = () => this.#controller.abort();
  #silent = false;

  constructor(idleMs: number, caller: AbortSignal | undefined) {
    this.#idleMs = idleMs;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#stop, { once: true });
    this.#timer = setTimeout(() => {
      this.#silent = true;
      this.#stop();
    }, idleMs);
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
    return this.#silent
      ? new TransientError(`${shownAddress(url)} sent nothing for ${this.#idleMs / 1000} s`)
      : null;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#stop();
  }
}
