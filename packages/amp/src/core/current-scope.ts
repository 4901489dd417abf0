import { AsyncLocalStorage } from 'node:async_hooks';
import type { AmpMode, Policy } from './policy.js';
import type { Step } from './step.js';

/** A call of `autocast`, as the interceptors, the tape and the emulation see it. */
export interface Scope {
  readonly policy: Policy;
  readonly mode: AmpMode;
  readonly parent: Scope | null;
  /** Whether the policy applies now: while the function runs, and during the backward pass of its ops. */
  readonly live: boolean;
  /** The current step, which owns the casts. */
  readonly step: Step;
  /** Runs a gradient function in the scope, also after the scope has ended. */
  reenter<T>(fn: () => T): T;
}

/** The scope of the running code, carried through promises and timers: concurrent scopes do not see each other. */
const storage = new AsyncLocalStorage<Scope | null>();

/** The innermost live scope, or null. Code that outlives its scope belongs to the enclosing one. */
export function currentScope(): Scope | null {
  let scope = storage.getStore() ?? null;
  while (scope && !scope.live) scope = scope.parent;
  return scope;
}

/** Runs a function in a scope, or outside all scopes (`null`). */
export function runInScope<T>(scope: Scope | null, fn: () => T): T {
  return storage.run(scope, fn);
}
