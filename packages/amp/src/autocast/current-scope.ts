import { AsyncLocalStorage } from 'node:async_hooks';
import type { AutocastScope } from './scope.js';

/** The scope of the code that runs, which follows it through promises and timers: concurrent scopes do not see each other. */
const storage = new AsyncLocalStorage<AutocastScope | null>();

/** The innermost scope that has not ended, or null. Code that outlives its scope is in the one around it. */
export function currentScope(): AutocastScope | null {
  let scope = storage.getStore() ?? null;
  while (scope && !scope.live) scope = scope.parent;
  return scope;
}

/** Runs code in a scope, or in none. */
export function runInScope<T>(scope: AutocastScope | null, fn: () => T): T {
  return storage.run(scope, fn);
}
