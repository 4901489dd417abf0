import type { InstalledInterceptor } from '@fin/runtime';
import { installInterceptor } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { Step } from '../autocast/step.js';
import type { TapeNode } from '../engine/engine.js';
import { engineState } from '../engine/engine.js';
import { sumGradientsLow } from './sum-gradients-low.js';

/** Whether the microtask that clears up is due already: one is enough, however many steps run before it. */
let abandoning = false;

/** The tapes on which something was computed under autocast and whose backward pass has not ended. */
const open = new Map<TapeNode[], Step>();

/** There while any is open. */
let summing: InstalledInterceptor | null = null;

/**
 * The step that a tape records, which lasts until its backward pass has ended. Ops that are on the tape already are none of its.
 *
 * tfjs ends a backward pass by disposing everything that is saved on the tape, so a node is put there that has something to
 * dispose. It connects nothing to nothing and takes no part in the backward pass itself.
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

/** The same for a tape whose backward pass may be under way; null when nothing on it was computed under autocast. */
export function openStepOf(tape: TapeNode[] | null): Step | null {
  return (tape && open.get(tape)) ?? null;
}

function close(tape: TapeNode[]): void {
  open.get(tape)?.release();
  open.delete(tape);
  if (open.size > 0) return;
  summing?.remove();
  summing = null;
}

/**
 * Frees what a function that threw left on its tape; tfjs itself never would. Differentiation is synchronous, so a tape is done
 * for when another one has begun or the code that began it has returned to the event loop.
 */
function abandon(tape: TapeNode[]): void {
  if (!open.has(tape) || isRecording(tape)) return;
  for (const { saved } of tape) {
    for (const tensor of saved ?? []) tensor.dispose();
  }
  close(tape);
}

function abandonLater(): void {
  if (abandoning) return;
  abandoning = true;
  queueMicrotask(() => {
    abandoning = false;
    for (const tape of [...open.keys()]) abandon(tape);
  });
}

function isRecording(tape: TapeNode[]): boolean {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth > 0 && activeTape === tape;
}
