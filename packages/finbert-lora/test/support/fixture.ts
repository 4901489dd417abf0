import { readFileSync } from 'node:fs';

/** A fixture of `test/fixtures`, as its generator under `tooling/oracle` wrote it. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T;
}
