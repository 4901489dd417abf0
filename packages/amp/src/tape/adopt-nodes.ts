import type { AutocastScope } from '../autocast/scope.js';
import type { Step } from '../autocast/step.js';
import type { InputGradients, TapeNode } from '../engine/engine.js';
import { holdLow } from './hold-low.js';
import { openStepOf, stepOfTape } from './tape-steps.js';

/** Whether nodes are being dealt with: the casts made for them are ops, too. */
let adopting = false;

/**
 * Deals with the ops that were recorded since the last call: those of a scope compute their gradient in that scope later on, and
 * hold what they saved for it as the scope's policy says. Ops recorded outside of every scope (`null`) are passed over.
 */
export function adoptNodes(tape: TapeNode[], scope: AutocastScope | null): void {
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

function adopt(node: TapeNode, scope: AutocastScope, step: Step): void {
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
  if (enabled && savedActivations === 'low') holdLow(node, dtype, step);
}
