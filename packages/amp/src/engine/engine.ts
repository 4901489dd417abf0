import * as tf from '@tensorflow/tfjs-core';

/** Gradient of each input of an op, as functions that tfjs calls where it wants them. */
export type InputGradients = Readonly<Record<string, () => tf.Tensor>>;

/** One op on the tape that tfjs writes while it computes a function to differentiate. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** What the gradient will need. The very array that the gradient function reads when it is called. */
  readonly saved?: tf.Tensor[];
  gradient?: (dys: readonly (tf.Tensor | null)[]) => InputGradients;
}

/** What tfjs is in the middle of. */
interface EngineState {
  /** How many functions to be differentiated are being computed, one inside the other. */
  readonly gradientDepth: number;
  /** The tape of the outermost of these, until its backward pass has ended; null or one left by a throw at other times. */
  readonly activeTape: TapeNode[] | null;
  readonly registeredVariables: Readonly<Record<string, tf.Variable>>;
}

/** The part of tfjs's engine that this package looks at beyond tfjs's own declarations. */
interface EngineInside {
  readonly state: EngineState;
  nextTensorId(): number;
}

/** State of tfjs's engine; only to be read. */
export function engineState(): EngineState {
  return (tf.engine() as unknown as EngineInside).state;
}

/** A number above the id of every tensor there is, and below that of every tensor to come. */
export function drawTensorId(): number {
  return (tf.engine() as unknown as EngineInside).nextTensorId();
}

/** The tape that is being written now, or null. */
export function recordingTape(): TapeNode[] | null {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth > 0 ? activeTape : null;
}

/** Whether a backward pass is under way, and not as a part of what is itself to be differentiated. */
export function isDifferentiating(): boolean {
  const { gradientDepth, activeTape } = engineState();
  return gradientDepth === 0 && activeTape !== null;
}
