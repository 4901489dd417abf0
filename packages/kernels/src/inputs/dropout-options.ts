import type { RandomStream } from '@fin/runtime';
import { expectInput } from '../errors.js';

/** Inverted dropout, as `dropout` of @fin/runtime: the same elements fall, fused or composed. */
export interface DropoutOptions {
  /** Probability with which an element becomes 0, in [0, 1); 0 drops nothing and draws nothing. */
  readonly rate: number;
  /** Decides which, by one draw. */
  readonly stream: RandomStream;
}

/** @throws KernelInputError where the rate is not in [0, 1) */
export function checkDropout(op: string, dropout: DropoutOptions | null): void {
  const rate = dropout?.rate ?? 0;
  expectInput(rate >= 0 && rate < 1, () => `${op}: a dropout rate must be in [0, 1), not ${rate}`);
}
