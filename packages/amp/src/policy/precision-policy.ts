import { AmpInputError } from '../errors.js';
import { Policy } from './policy.js';

/** What a person asks for on the command line. */
export type Precision = 'fp32' | 'bf16' | 'fp16';

/** Every precision there is. */
export const PRECISIONS: readonly Precision[] = ['fp32', 'bf16', 'fp16'];

/**
 * The policy of `--precision fp32|bf16|fp16`. With `fp32` autocast changes nothing.
 *
 * @throws AmpInputError on another word
 */
export function precisionPolicy(precision: string): Policy {
  switch (precision) {
    case 'fp32':
      return new Policy({ enabled: false });
    case 'bf16':
      return new Policy({ dtype: 'bfloat16' });
    case 'fp16':
      return new Policy({ dtype: 'float16' });
    default:
      throw new AmpInputError(`the precision is "${precision}"; it must be one of ${PRECISIONS.join(', ')}.`);
  }
}
