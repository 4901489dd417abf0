import type { InstalledInterceptor, Interceptor, OpCall } from '@fin/runtime';
import { installInterceptor } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { Scope } from '../core/current-scope.js';
import { currentScope } from '../core/current-scope.js';
import type { InputGradients, TapeNode } from '../core/engine.js';
import { engineState, isDifferentiating } from '../core/engine.js';
import type { LowDType } from '../core/low-dtype.js';
import { isLow, withFloatDType } from '../core/low-dtype.js';
import { Step } from '../core/step.js';
import { shrinkSaved } from './saved-tensors.js';

/** Steps by tape: tapes with ops under autocast whose backward pass has not ended. */
const open = new Map<TapeNode[], Step>();

/** Whether a cleanup microtask is scheduled; one serves all steps that run before it. */
let cleaning = false;

/** Interceptor that keeps gradient sums low, installed while a step is open. */
let summing: InstalledInterceptor | null = null;

/** Whether nodes are being processed. The casts made during this are ops, too. */
let adopting = false;

/**
 * The step of a tape; opens it on the first call. Ops already on the tape do not belong to it.
 *
 * tfjs ends a backward pass by disposing all tensors saved on the tape. A node with one disposable object is therefore added, to learn
 * of that end. The node has no inputs and outputs and takes no part in the backward pass.
 */
export function stepOfTape(tape: TapeNode[]): Step {
  const known = open.get(tape);
  if (known) return known;
  for (const other of [...open.keys()]) abandon(other);
  const step = new Step();
  open.set(tape, step);
  summing ??= installInterceptor('autocast: sums of gradients', sumGradientsLow);
  const end = { dispose: () => close(tape) };
  tape.push({
    id: -1,
    kernelName: 'autocast',
    inputs: {},
    outputs: [],
    saved: [end as unknown as tf.Tensor],
  });
  step.adoptedNodes = tape.length;
  abandonLater();
  return step;
}

/** The open step of a tape that may be in its backward pass; null if nothing on it ran under autocast. */
export function openStepOf(tape: TapeNode[] | null): Step | null {
  return (tape && open.get(tape)) ?? null;
}

/**
 * Processes the ops recorded since the last call. Ops of a scope get gradient functions that run in the scope, and their saved tensors
 * are shrunk as the policy says. Ops outside all scopes (`null`) are skipped.
 */
export function adoptNodes(tape: TapeNode[], scope: Scope | null): void {
  if (adopting) return;
  const step = scope?.policy.enabled ? stepOfTape(tape) : openStepOf(tape);
  if (!step) return;
  adopting = true;
  try {
    while (step.adoptedNodes < tape.length) {
      const node = tape[step.adoptedNodes++];
      for (const { id } of node.outputs) step.recorded.add(id);
      if (scope) adopt(node, scope, step);
    }
  } finally {
    adopting = false;
  }
}

function adopt(node: TapeNode, scope: Scope, step: Step): void {
  const { gradient } = node;
  if (gradient) {
    node.gradient = (dys) => {
      const gradients = scope.reenter(() => gradient(dys));
      const inScope = Object.entries(gradients).map(([input, compute]) => [
        input,
        () => scope.reenter(compute),
      ]);
      return Object.fromEntries(inScope) as InputGradients;
    };
  }
  const { enabled, savedActivations, dtype } = scope.policy;
  if (enabled && savedActivations === 'low') shrinkSaved(node, dtype, step);
}

function close(tape: TapeNode[]): void {
  open.get(tape)?.release();
  open.delete(tape);
  if (open.size > 0) return;
  summing?.remove();
  summing = null;
}

/**
 * Frees the tensors that a function left on its tape when it threw; tfjs never does. Differentiation is synchronous, so a tape is
 * abandoned once another one starts or the code that started it has returned to the event loop.
 */
function abandon(tape: TapeNode[]): void {
  if (!open.has(tape) || isRecording(tape)) return;
  for (const { saved } of tape) {
    for (const tensor of saved ?? []) tensor.dispose();
  }
  close(tape);
}

function abandonLater(): void {
  if (cleaning) return;
  cleaning = true;
  queueMicrotask(() => {
    cleaning = false;
    for (const tape of [...open.keys()]) abandon(tape);
  });
}

function isRecording(tape: TapeNode[]): boolean {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth > 0 && activeTape === tape;
}

/**
 * Keeps the sum of two low gradients of one tensor low, as in torch. tfjs computes these sums itself during the backward pass, outside
 * all scopes, where sums of low tensors would be float32.
 */
const sumGradientsLow: Interceptor = (call, next) => {
  const dtype = lowSum(call);
  if (dtype === null || currentScope() || !isDifferentiating()) return next(call);
  return next({ ...call, attrs: withFloatDType(call.attrs, dtype) });
};

function lowSum({ op, inputs: [a, b] }: OpCall): LowDType | null {
  if (op !== 'Add' && op !== 'AddV2') return null;
  return isLow(a.dtype) && a.dtype === b.dtype ? a.dtype : null;
}
