import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AskedSource, FakeSource } from '@fin/testkit/fake-source';
import { startFakeSource } from '@fin/testkit/fake-source';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Limits } from '../src/http/limits.js';

/** What a test of a source has: a server, an empty folder, and limits with which it waits a hundredth of the time. */
export interface SourceBench {
  readonly source: FakeSource;
  readonly folder: string;
  readonly limits: Limits;
  /** Texts of the notes since the test began. */
  readonly notes: string[];
  path(name: string): string;
  read(name: string): string;
  /** Names of all that is in the folder. */
  files(): string[];
}

/** Prepares a {@link SourceBench} before each test of a file. */
export function sourceBench(): SourceBench {
  let source: FakeSource;
  let folder: string;
  const notes: string[] = [];
  beforeAll(async () => {
    source = await startFakeSource();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fin-source-'));
    source.requests.length = 0;
    source.fault = undefined;
    notes.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(() => source.close());
  return {
    get source() {
      return source;
    },
    get folder() {
      return folder;
    },
    limits: { retries: 4, delayMs: 1, idleMs: 10_000, wholeMs: 60_000, longestWaitMs: 3000 },
    notes,
    path: (name) => join(folder, name),
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    files: () => readdirSync(folder, { recursive: true }).map(String).sort(),
  };
}

/** A way in which a server fails, for good or for some requests. */
export interface Failure {
  readonly name: string;
  readonly fault: (asked: AskedSource, bench: SourceBench) => void;
  /** Words of the error when it never ends. */
  readonly words: RegExp;
  /** Requests until it is given up. */
  readonly tries: number;
  /** Limits that it needs. */
  readonly limits?: Partial<Limits>;
}

const status = (code: number, words: RegExp, tries: number): Failure => ({
  name: `answers ${code}`,
  fault: ({ response }) => response.writeHead(code).end('<html>SECRET</html>'),
  words,
  tries,
});

/** Failures that end: each source goes on after them, and gives up in the end. */
export const passingFailures: readonly Failure[] = [
  ...[408, 429, 500, 502, 503, 504].map((code) =>
    status(code, new RegExp(`answered ${code}, the last of 5 tries in a row: .*try again later$`), 5),
  ),
  {
    name: 'closes the connection',
    fault: ({ response }) => response.destroy(),
    words: /the connection was cut .*, the last of 5 tries in a row: check the network, or try again later/,
    tries: 5,
  },
  {
    name: 'cuts the answer',
    fault: ({ response }) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('Date,Open');
      setImmediate(() => response.destroy());
    },
    words: /the connection was cut .*, the last of 5 tries in a row: check the network, or try again later/,
    tries: 5,
  },
  {
    name: 'falls silent',
    fault: ({ response }) => void response.writeHead(200, { 'content-length': 1000 }).write('Date'),
    words: /sent nothing for 0\.3 s, the last of 5 tries in a row: try again later$/,
    tries: 5,
    limits: { idleMs: 300 },
  },
];

/** Failures that stay, whatever is tried. */
export const lastingFailures: readonly Failure[] = [
  status(416, /answered 416/, 1),
  status(418, /answered 418/, 1),
  {
    name: 'redirects in a circle',
    fault: ({ response, request }) => response.writeHead(302, { location: request.url }).end(),
    words: /redirects in a circle: 20 redirects/,
    tries: 21,
  },
  {
    name: 'redirects to a file',
    fault: ({ response }) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    words: /redirects to an address that is not followed/,
    tries: 1,
  },
];

/** The error of work that must fail: its message, what it hides, and everything that was said, to look for secrets in. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ error: Error & { kind?: string }; said: string }> {
  const error = await work.then(
    () => expect.fail('it succeeded'),
    (reason: Error & { kind?: string }) => reason,
  );
  const said: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    said.push(cause.message, cause.stack ?? '', JSON.stringify(cause));
  return { error, said: said.join('\n') };
}
