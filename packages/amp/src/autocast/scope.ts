import type { InstalledInterceptor } from '@fin/runtime';
import { hasNativeOps, installInterceptor } from '@fin/runtime';
import { emulateLowKernels } from '../emulation/emulate-low-kernels.js';
import { engineState, recordingTape } from '../engine/engine.js';
import type { AmpMode } from '../machine/amp-mode.js';
import { decideAmpMode } from '../machine/decide-amp-mode.js';
import type { Policy } from '../policy/policy.js';
import { adoptNodes } from '../tape/adopt-nodes.js';
import { openStepOf, stepOfTape } from '../tape/tape-steps.js';
import { autocastInterceptor } from './autocast-interceptor.js';
import { currentScope, runInScope } from './current-scope.js';
import { Step } from './step.js';

/** How many scopes are being run through, and the interceptor that is there while it is any. */
let running = 0;
let installation: InstalledInterceptor | null = null;

/**
 * One call of `autocast`, from its start to its end, and again while tfjs computes gradients of ops that were recorded in it:
 *
 * ```
 * autocast(policy, fn)          open ── fn ── close
 *   ops of fn                     interceptor: casts inputs as the policy's lists say
 *   their nodes on tfjs's tape    adopted: gradient functions bound to this scope, saved activations held low
 * tfjs's backward pass          each bound gradient: re-enter ── ops ── leave
 * end of the backward pass      casts freed
 * ```
 */
export class AutocastScope {
  readonly policy: Policy;
  readonly mode: AmpMode;
  readonly parent: AutocastScope | null;
  /** For what is computed outside of any tape; the outermost scope's serves all those inside it. */
  readonly #ownStep: Step | null;
  #entered = 0;

  private constructor(policy: Policy, mode: AmpMode, parent: AutocastScope | null) {
    this.policy = policy;
    this.mode = mode;
    this.parent = parent;
    this.#ownStep = parent ? null : new Step();
  }

  /** Opens a scope inside the current one; the caller closes it. */
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

  /** Whether code in it is to be treated by its policy. */
  get live(): boolean {
    return this.#entered > 0;
  }

  /** The step under way. */
  get step(): Step {
    const tape = recordingTape();
    return tape ? stepOfTape(tape) : (openStepOf(engineState().activeTape) ?? this.#outermost.#ownStep!);
  }

  run<T>(fn: () => T): T {
    return runInScope(this, fn);
  }

  /** Runs code in it again, after its end or not: a gradient function. */
  reenter<T>(fn: () => T): T {
    const tape = recordingTape(); // of a gradient of a gradient
    if (tape) adoptNodes(tape, currentScope());
    this.#enter();
    try {
      return this.run(fn);
    } finally {
      if (tape) adoptNodes(tape, this);
      this.#leave();
    }
  }

  close(): void {
    try {
      const tape = recordingTape();
      if (tape) adoptNodes(tape, this);
    } finally {
      this.#leave();
      this.#ownStep?.release();
    }
  }

  get #outermost(): AutocastScope {
    return this.parent ? this.parent.#outermost : this;
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
