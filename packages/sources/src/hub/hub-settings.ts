import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { SourceInputError } from '../errors.js';
import type { Environment } from '../http/endpoint.js';
import { endpointOf } from '../http/endpoint.js';

/** Where models come from and where they are kept. */
export interface HubSettings {
  /** Address of the hub or of a mirror, without a slash at its end. */
  readonly endpoint: string;
  /** Folder of the cache. */
  readonly cacheDir: string;
  /** Whether the network must not be used. */
  readonly offline: boolean;
}

const HUB = 'https://huggingface.co';

/**
 * The settings that the environment names, with the names and defaults of Python's `huggingface_hub` (its file `constants.py`):
 * `HF_ENDPOINT`; `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `hub` in `HF_HOME`, else in `huggingface` in `XDG_CACHE_HOME`, else
 * in `~/.cache`; `HF_HUB_OFFLINE`, else `TRANSFORMERS_OFFLINE`. An empty variable counts as unset, where Python takes some as the
 * current folder.
 *
 * @throws {SourceInputError} when `HF_ENDPOINT` is not an address
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const cache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub');
  return {
    endpoint: endpointOf(env, 'HF_ENDPOINT', HUB, 'a token in HF_TOKEN'),
    cacheDir: resolve(expanded(cache, env)),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
  };
}

/**
 * The user's access token: `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN`, else the content of the file in `HF_TOKEN_PATH`, which is `token` in
 * `HF_HOME` by default. Null without one, and with `HF_HUB_DISABLE_IMPLICIT_TOKEN`.
 *
 * @throws {SourceInputError} when it cannot be a token. The message does not show it.
 */
export function readToken(env: Environment = process.env): string | null {
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null;
  const variable = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'].find((name) => env[name]);
  const given = variable === undefined ? '' : env[variable]!.trim();
  const token = given || textOf(tokenFile(env)).trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token || null;
  throw new SourceInputError(
    `the token in ${given === '' ? tokenFile(env) : variable} has spaces or other characters that no token has: set it again`,
  );
}

/** The file of the token, which `hf auth login` writes. */
export const tokenFile = (env: Environment): string =>
  expanded(env.HF_TOKEN_PATH || join(hubHome(env), 'token'), env);

function hubHome(env: Environment): string {
  const caches = env.XDG_CACHE_HOME || join(homeOf(env), '.cache');
  return expanded(env.HF_HOME || join(caches, 'huggingface'), env);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new SourceInputError(`the file of the hub's access token cannot be read: ${message}`, {
      cause: error,
    });
  }
}

/** As `os.path.expanduser` and `os.path.expandvars` of Python do; homes of other users are not looked up. */
function expanded(path: string, env: Environment): string {
  return path
    .replace(/^~(?=\/|$)/, () => homeOf(env))
    .replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
}

const homeOf = (env: Environment): string => env.HOME || homedir();

const isTrue = (value: string | undefined): boolean =>
  ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
