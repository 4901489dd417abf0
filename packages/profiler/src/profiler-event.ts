/** One op, or one range named with `recordFunction`. */
export interface ProfilerEvent {
  /** TensorFlow's op name, or the range's. */
  readonly name: string;
  readonly kind: 'op' | 'range';
  /** Start since the profile began, µs. */
  readonly start: number;
  /** Duration with everything inside it, µs. */
  readonly duration: number;
  /** Duration without the events inside it, µs. */
  readonly selfDuration: number;
  /** Shapes of the inputs; empty for a range. */
  readonly shapes: readonly (readonly number[])[];
  /** Bytes of the outputs; 0 for a range. */
  readonly outputBytes: number;
  /** Floating-point operations of a matrix product; null for any other op. */
  readonly flops: number | null;
}
