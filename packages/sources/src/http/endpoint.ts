import { SourceInputError } from '../errors.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The address of a source or of its mirror, without a slash at its end: that in an environment variable, else the usual one.
 *
 * @param credentials where credentials belong, for the message when they are in the address
 * @throws {SourceInputError} when the variable holds no address, or one with a user name or password
 */
export function endpointOf(env: Environment, variable: string, usual: string, credentials?: string): string {
  const text = env[variable] || usual;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SourceInputError(`${variable} is not an address such as ${usual}`);
  }
  if (url.username !== '' || url.password !== '') {
    const fix = credentials === undefined ? 'leave them out' : `give ${credentials}`;
    throw new SourceInputError(`${variable} has a user name or password in it: ${fix}`);
  }
  return url.href.replace(/\/+$/, '');
}
