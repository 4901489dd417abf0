import type { AutocastScope } from '../autocast/scope.js';
import type { StepCasts } from '../autocast/step-casts.js';
import type { InputGradients, TapeNode } from '../engine/engine.js';
import { holdLow } from './hold-low.js';
import { openStepOf, stepOfTape } from './tape-steps.js';

/** How far along each tape is dealt with. */
const positions = new WeakMap<TapeNode[], number>();

/** Whether nodes are being dealt with: the casts made for them are ops, too. */
let adopting = false;

/**
 * Deals with the ops that were recorded since the last call: those of a scope compute their gradient in that scope later on, and
 * hold what they saved for it as the scope's policy says. Ops recorded outside of every scope (`null`) are passed over.
 */
export function adoptNodes(tape: TapeNode[], scope: AutocastScope | null): void {
  if (adopting) return;
  adopting = true;
  try {
    const casts = scope?.policy.enabled ? stepOfTape(tape) : openStepOf(tape);
    for (let at = positions.get(tape) ?? 0; at < tape.length; at++) {
      positions.set(tape, at + 1);
      for (const { id } of tape[at].outputs) casts?.recorded.add(id);
      if (scope) adopt(tape[at], scope, casts);
    }
  } finally {
    adopting = false;
  }
}

function adopt(node: TapeNode, scope: AutocastScope, casts: StepCasts | null): void {
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
  if (casts && enabled && savedActivations === 'low') holdLow(node, dtype, casts);
}
