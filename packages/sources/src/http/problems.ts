import process from 'node:process';
import { SourceUnavailableError } from '../errors.js';

/** A try that failed, after which another may succeed. */
export class TransientError extends Error {
  /** Wait that the server asks for; null when it does not. */
  readonly waitMs: number | null;
  /** Whether the try brought enough that it does not count. */
  readonly progressed: boolean;
  /** Advice for when no try succeeds, which follows the message. */
  readonly advice: string;

  constructor(
    problem: string,
    {
      waitMs = null,
      progressed = false,
      advice = ': try again later',
    }: { readonly waitMs?: number | null; readonly progressed?: boolean; readonly advice?: string } = {},
  ) {
    super(problem);
    this.waitMs = waitMs;
    this.progressed = progressed;
    this.advice = advice;
  }
}

/** An address as messages show it: without its query, in which signatures stand. */
export function shownAddress(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Makes the error for an answer that no further try changes; null for one that names the status. `answered` names the address and the status. */
export type Refusal = (response: Response, answered: string) => Error | null;

/** Answers after which another try may succeed: too early, too often, or the server is in trouble. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The error for an answer that is not the wanted one. Nothing that the server wrote is part of its message. */
export function problemOf(
  response: Response,
  url: URL,
  {
    name,
    endpoint,
    refusal,
  }: { readonly name: string; readonly endpoint: string; readonly refusal?: Refusal },
): Error {
  const { status } = response;
  const answered = `${shownAddress(url)} answered ${status}`;
  if (TRANSIENT.has(status)) {
    const advice = status === 429 ? ': it is asked too often; try again later' : undefined;
    return new TransientError(answered, { waitMs: retryAfter(response), advice });
  }
  // A store beside the source: its links are signed, and end.
  if (url.origin !== new URL(endpoint).origin) return new TransientError(answered);
  return (
    refusal?.(response, answered) ?? new SourceUnavailableError(`${name} could not be fetched: ${answered}`)
  );
}

/** Wait that `Retry-After` asks for, in seconds or as a date. */
function retryAfter({ headers }: Response): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Errors of a connection that no further try changes. */
const CERTIFICATE = /CERT|SIGNATURE|SSL|ERR_TLS/;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its address was not found',
  EAI_AGAIN: 'its address could not be looked up',
  ENETUNREACH: 'the network is not reachable',
  EHOSTUNREACH: 'the network is not reachable',
};

/** The error for a connection that could not be made or broke. */
export function connectionProblem(error: unknown, url: URL): Error {
  const code = codeOf(error);
  const where = shownAddress(url);
  if (CERTIFICATE.test(code)) {
    return new SourceUnavailableError(
      `${url.host} could not prove who it is (${code}): check the clock, and whether a proxy needs a certificate of its own (NODE_EXTRA_CA_CERTS)`,
    );
  }
  const reason = REASONS[code] ?? 'the connection was cut';
  return new TransientError(`${where}: ${reason}${code === '' ? '' : ` (${code})`}`, {
    advice: `: check the network, or try again later${proxyAdvice(process.env)}`,
  });
}

/** Node reads the variables of a proxy only when it is told to. */
function proxyAdvice(env: Readonly<Record<string, string | undefined>>): string {
  const variable = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  if (variable === undefined || env.NODE_USE_ENV_PROXY === '1') return '';
  return `. For Node to use ${variable}, set NODE_USE_ENV_PROXY=1 (Node 22.21, 24 and later)`;
}

function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return '';
}
