import * as tf from '@tensorflow/tfjs-core';

/** Gradients by input name, as functions: tfjs calls those it needs. */
export type InputGradients = Readonly<Record<string, () => tf.Tensor>>;

/** One op on tfjs's gradient tape. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Tensors saved for the backward pass: the very array that the gradient function reads. */
  readonly saved?: tf.Tensor[];
  gradient?: (dys: readonly (tf.Tensor | null)[]) => InputGradients;
}

/** State of tfjs's engine. */
interface EngineState {
  /** Number of nested functions that are being recorded for differentiation. */
  readonly gradientDepth: number;
  /** Tape of the outermost of these functions until its backward pass ends; after a throw it may linger. */
  readonly activeTape: TapeNode[] | null;
  readonly registeredVariables: Readonly<Record<string, tf.Variable>>;
}

/** Internals of tfjs's engine that its type declarations leave out. */
interface EngineInside {
  readonly state: EngineState;
  nextTensorId(): number;
}

/** State of tfjs's engine, read-only. */
export function engineState(): EngineState {
  return (tf.engine() as unknown as EngineInside).state;
}

/** Draws a tensor id: above the ids of all existing tensors, below those of all later ones. */
export function drawTensorId(): number {
  return (tf.engine() as unknown as EngineInside).nextTensorId();
}

/** The tape that is being recorded, or null. */
export function recordingTape(): TapeNode[] | null {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth > 0 ? activeTape : null;
}

/** Whether a backward pass is running that is not itself being recorded. */
export function isDifferentiating(): boolean {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth === 0 && activeTape !== null;
}
