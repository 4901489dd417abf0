import { homedir } from 'node:os';
import { join } from 'node:path';
import { readRegularFileSync } from '@fin/files';
import { SourceInputError } from '../errors.js';
import type { Environment } from '../http/endpoint.js';

/** Far above any of the files; a larger one is something else. */
const MAX_BYTES = 64 * 1024;

/**
 * Value of the header `authorization` for Kaggle's API, from where its own tools look (`kagglesdk`, its file `kaggle_env.py`, and
 * `kagglehub`, its file `config.py`): `KAGGLE_API_TOKEN`, the file `access_token`, `KAGGLE_USERNAME` with `KAGGLE_KEY`, the file
 * `kaggle.json`. The files are in `KAGGLE_CONFIG_DIR`, else in `~/.kaggle`. Null without any; public data sets need none.
 *
 * @throws {SourceInputError} when they cannot be credentials. The message does not show them.
 */
export function kaggleAuthorization(env: Environment): string | null {
  const folder = kaggleFolder(env);
  const token = env.KAGGLE_API_TOKEN?.trim() || textOf(join(folder, 'access_token'))?.trim();
  if (token) {
    const place = env.KAGGLE_API_TOKEN?.trim() ? 'KAGGLE_API_TOKEN' : join(folder, 'access_token');
    requirePrintable(token, place);
    return `Bearer ${token}`;
  }
  if (env.KAGGLE_USERNAME && env.KAGGLE_KEY)
    return basic(env.KAGGLE_USERNAME, env.KAGGLE_KEY, 'KAGGLE_USERNAME and KAGGLE_KEY');
  const file = join(folder, 'kaggle.json');
  const text = textOf(file);
  if (text === null) return null;
  const { username, key } = parsed(text, file);
  if (typeof username !== 'string' || typeof key !== 'string') {
    throw new SourceInputError(`${file} has no "username" and "key": ${NEW_FILE}`);
  }
  return basic(username, key, file);
}

/** Folder of Kaggle's credentials. */
export const kaggleFolder = (env: Environment): string =>
  env.KAGGLE_CONFIG_DIR || join(env.HOME || homedir(), '.kaggle');

const NEW_FILE = 'make a new one under "API" at https://www.kaggle.com/settings';

function basic(username: string, key: string, place: string): string {
  requirePrintable(`${username}${key}`, place);
  return `Basic ${Buffer.from(`${username}:${key}`).toString('base64')}`;
}

function requirePrintable(text: string, place: string): void {
  if (/^[\x21-\x7e]+$/.test(text)) return;
  throw new SourceInputError(
    `the credentials in ${place} are empty, or have spaces or other characters that none has: ${NEW_FILE}`,
  );
}

function parsed(text: string, file: string): { readonly username?: unknown; readonly key?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    throw new SourceInputError(`${file} is not JSON: ${NEW_FILE}`); // the cause would show the key
  }
}

function textOf(file: string): string | null {
  try {
    return readRegularFileSync(file, { maxBytes: MAX_BYTES }).toString('utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new SourceInputError(`the file of Kaggle's credentials cannot be read: ${message}`, {
      cause: error,
    });
  }
}
