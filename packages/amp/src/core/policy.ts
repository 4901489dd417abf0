import { AmpInputError } from '../errors.js';
import type { LowDType } from './low-dtype.js';
import { LOW_DTYPES } from './low-dtype.js';
import type { OpList } from './op-lists.js';
import { opListOf } from './op-lists.js';

/**
 * Mode of low-precision compute on a machine:
 *
 * ```
 * mode       products    results of products   frozen weights, saved activations   chosen for
 * low        low         low                   low                                 hardware with units for the dtype (AMX, AVX512-BF16, a GPU), or fused products
 * wide       float32     float32               low                                 other native machines: saves memory, costs no time
 * emulated   float32     rounded to low        float32, weights rounded to low     no native TensorFlow: right numbers, no gain
 * ```
 */
export type AmpMode = 'low' | 'wide' | 'emulated';

/** The modes of native TensorFlow. */
export const NATIVE_MODES: readonly ['low', 'wide'] = ['low', 'wide'];

/** Dtype in which activations are saved for the backward pass. */
export type SavedActivations = 'low' | 'as-computed';

/** Settings of a {@link Policy}. */
export interface PolicyOptions {
  /** The low dtype. @default 'bfloat16' */
  readonly dtype?: LowDType;
  /** Whether autocast is active; false computes everything in float32. @default true */
  readonly enabled?: boolean;
  /**
   * `low` or `wide`, see {@link AmpMode}. Without native TensorFlow the mode is always `emulated`.
   * @default 'auto': the environment variable FIN_AMP_MODE, else the faster one as measured on this machine
   */
  readonly mode?: 'auto' | Exclude<AmpMode, 'emulated'>;
  /**
   * `low`: tensors saved for the backward pass take two bytes per element, even if the op computed in float32; row statistics,
   * small tensors and weights keep their dtype. `as-computed`: they keep the dtype they were computed in, as in torch.
   * @default 'low'
   */
  readonly savedActivations?: SavedActivations;
  /** Moves TensorFlow ops to another list than in `OP_LISTS`. @default none */
  readonly lists?: Readonly<Record<string, OpList>>;
}

/**
 * Settings of autocast: low dtype, op lists, mode. Immutable.
 *
 * @example
 * const policy = new Policy({ dtype: 'bfloat16', lists: { Einsum: 'float32' } });
 * const loss = autocast(policy, () => model(x));
 */
export class Policy {
  readonly dtype: LowDType;
  readonly enabled: boolean;
  readonly mode: 'auto' | Exclude<AmpMode, 'emulated'>;
  readonly savedActivations: SavedActivations;
  readonly lists: Readonly<Record<string, OpList>>;

  /** @throws AmpInputError on an invalid setting */
  constructor(options: PolicyOptions = {}) {
    this.dtype = oneOf('dtype', options.dtype ?? 'bfloat16', LOW_DTYPES);
    this.enabled = options.enabled ?? true;
    this.mode = oneOf('mode', options.mode ?? 'auto', ['auto', ...NATIVE_MODES] as const);
    this.savedActivations = oneOf('savedActivations', options.savedActivations ?? 'low', [
      'low',
      'as-computed',
    ]);
    this.lists = { ...options.lists };
  }

  /** The list of a TensorFlow op under this policy. */
  listOf(op: string): OpList {
    return this.lists[op] ?? opListOf(op);
  }

  /** Whether gradients need a `GradScaler`: float16 has too small a range for them, bfloat16 has the range of float32. */
  get needsScaler(): boolean {
    return this.enabled && this.dtype === 'float16';
  }

  /** A copy of this policy with some settings changed. */
  with(options: PolicyOptions): Policy {
    const { dtype, enabled, mode, savedActivations, lists } = this;
    return new Policy({ dtype, enabled, mode, savedActivations, lists, ...options });
  }
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw new AmpInputError(`${name} is ${JSON.stringify(value)}; it must be one of ${choices.join(', ')}.`);
}

/** Values of the command line's `--precision`. */
export type Precision = 'fp32' | 'bf16' | 'fp16';

/** All values of `--precision`. */
export const PRECISIONS: readonly Precision[] = ['fp32', 'bf16', 'fp16'];

/** Values of `--precision` where nothing is trained. `int8` is dynamic quantization: see `toLowBit` with activations in int8. */
export type InferencePrecision = Precision | 'int8';

/**
 * The policy for a precision. `fp32` turns autocast off.
 *
 * @throws AmpInputError on an unknown precision, and on `int8`, in which nothing is trained
 */
export function precisionPolicy(precision: string): Policy {
  switch (precision) {
    case 'fp32':
      return new Policy({ enabled: false });
    case 'bf16':
      return new Policy({ dtype: 'bfloat16' });
    case 'fp16':
      return new Policy({ dtype: 'float16' });
    case 'int8':
      throw new AmpInputError(
        `the precision int8 is for inference alone; to train it must be one of ${PRECISIONS.join(', ')}. With LoRA, the storage int8 keeps frozen weights in 8 bits.`,
      );
    default:
      throw new AmpInputError(`the precision is "${precision}"; it must be one of ${PRECISIONS.join(', ')}.`);
  }
}
