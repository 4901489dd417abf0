import type { InstalledInterceptor } from '@fin/runtime';
import { hasNativeOps, installInterceptor } from '@fin/runtime';
import type { Scope } from '../core/current-scope.js';
import { currentScope, runInScope } from '../core/current-scope.js';
import { engineState, recordingTape } from '../core/engine.js';
import type { AmpMode, PolicyOptions } from '../core/policy.js';
import { Policy } from '../core/policy.js';
import { Step } from '../core/step.js';
import { emulateLowKernels } from '../emulation/emulate-low-kernels.js';
import { decideAmpMode } from '../machine/decide-amp-mode.js';
import { adoptNodes, openStepOf, stepOfTape } from '../tape/tape.js';
import { autocastInterceptor } from './interceptor.js';

/**
 * Runs a function in mixed precision and returns its result: `torch.autocast` for tfjs.
 *
 * Ops of the policy's `lower` list (products, convolutions) compute in the low dtype, those of the `float32` list (sums, exponentials,
 * losses) in float32, all others in the widest dtype of their inputs. On machines without units for the low dtype everything computes in
 * float32 and only tensors saved for the backward pass are low: see `AmpMode`. tfjs still treats every tensor as float32: results can be
 * read, moved and disposed as usual.
 *
 * Wrap the forward pass and the loss. The backward pass of an op runs in the same dtype, wherever it is computed:
 *
 * ```
 * tf.variableGrads(() => autocast(policy, () => loss(model(x), y)))
 * ```
 *
 * Scopes nest: the innermost policy applies, and `{ enabled: false }` makes an island of float32. An `async` function keeps its scope
 * across `await` until its promise is settled; concurrent scopes do not see each other.
 *
 * @param options a policy, or its settings
 * @throws AmpInputError on an invalid setting; otherwise whatever `fn` throws
 *
 * @example
 * const { value, grads } = tf.variableGrads(() => autocast({ dtype: 'bfloat16' }, () => tf.mean(tf.square(tf.matMul(x, w)))));
 */
export function autocast<T>(options: Policy | PolicyOptions, fn: () => T): T {
  const policy = options instanceof Policy ? options : new Policy(options);
  if (!policy.enabled && !currentScope()) return fn();
  const scope = AutocastScope.open(policy);
  let result: T;
  try {
    result = scope.run(fn);
  } catch (error) {
    scope.close();
    throw error;
  }
  if (!isThenable(result)) {
    scope.close();
    return result;
  }
  return Promise.resolve(result).finally(() => scope.close()) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Number of entered scopes; the interceptor is installed while there are any. */
let running = 0;
let installation: InstalledInterceptor | null = null;

/**
 * One call of `autocast`, entered again whenever tfjs computes a gradient of an op recorded in it:
 *
 * ```
 * autocast(policy, fn)          open ── fn ── close
 *   ops of fn                     interceptor: casts inputs by the policy's lists
 *   their nodes on tfjs's tape    adopted: gradient functions run in this scope, saved tensors shrunk
 * tfjs's backward pass          each gradient: enter ── ops ── leave
 * end of the backward pass      casts freed
 * ```
 */
class AutocastScope implements Scope {
  readonly policy: Policy;
  readonly mode: AmpMode;
  readonly parent: Scope | null;
  /** Step of code outside any tape, shared with the scopes inside this one. */
  readonly #untaped: Step;
  readonly #outermost: boolean;
  #entered = 0;

  private constructor(policy: Policy, mode: AmpMode, parent: Scope | null) {
    this.policy = policy;
    this.mode = mode;
    this.parent = parent;
    this.#outermost = parent === null;
    this.#untaped = parent instanceof AutocastScope ? parent.#untaped : new Step();
  }

  /** Opens a scope inside the current one; the caller must close it. */
  static open(policy: Policy): AutocastScope {
    const parent = currentScope();
    const mode = modeOf(policy);
    if (mode === 'emulated') emulateLowKernels();
    const tape = recordingTape();
    if (tape) adoptNodes(tape, parent);
    if (tape && policy.enabled) stepOfTape(tape);
    const scope = new AutocastScope(policy, mode, parent);
    scope.#enter();
    return scope;
  }

  get live(): boolean {
    return this.#entered > 0;
  }

  get step(): Step {
    const tape = recordingTape();
    return tape ? stepOfTape(tape) : (openStepOf(engineState().activeTape) ?? this.#untaped);
  }

  run<T>(fn: () => T): T {
    return runInScope(this, fn);
  }

  reenter<T>(fn: () => T): T {
    const tape = recordingTape(); // set while a gradient of a gradient is recorded
    if (tape) adoptNodes(tape, currentScope());
    this.#enter();
    try {
      return this.run(fn);
    } finally {
      try {
        if (tape) adoptNodes(tape, this);
      } finally {
        this.#leave();
      }
    }
  }

  close(): void {
    try {
      const tape = recordingTape();
      if (tape) adoptNodes(tape, this);
    } finally {
      this.#leave();
      if (this.#outermost) this.#untaped.release();
    }
  }

  #enter(): void {
    this.#entered++;
    if (running++ === 0) installation = installInterceptor('autocast', autocastInterceptor);
  }

  #leave(): void {
    this.#entered--;
    if (--running > 0) return;
    installation?.remove();
    installation = null;
  }
}

function modeOf(policy: Policy): AmpMode {
  if (!policy.enabled) return hasNativeOps() ? 'wide' : 'emulated';
  return decideAmpMode(policy.dtype, policy.mode).mode;
}
