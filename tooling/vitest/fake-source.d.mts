import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** A request as a fault or an answer sees it. */
export interface AskedSource {
  readonly where: 'source' | 'elsewhere';
  /** Path without its query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** How often this path was asked for at this server, this time included. */
  readonly count: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Sends a content, or the part of it that is asked for, until this byte of it when given, and then cuts the connection. */
  send(
    content: string | Buffer,
    options?: { readonly until?: number; readonly headers?: Readonly<Record<string, string>> },
  ): void;
}

/** A source of data on loopback. */
export interface FakeSource {
  readonly url: string;
  /** Address of a second server. */
  readonly elsewhere: string;
  readonly requests: {
    readonly where: AskedSource['where'];
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: IncomingHttpHeaders;
  }[];
  answer: (asked: AskedSource) => void;
  answerElsewhere: (asked: AskedSource) => void;
  /** Sees each request first. Returns true when it has answered. */
  fault: ((asked: AskedSource) => boolean) | undefined;
  close(): Promise<unknown>;
}

export function startFakeSource(): Promise<FakeSource>;
