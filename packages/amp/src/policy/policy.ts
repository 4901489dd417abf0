import { AmpInputError } from '../errors.js';
import type { AmpMode } from '../machine/amp-mode.js';
import { AMP_MODES } from '../machine/amp-mode.js';
import type { LowDType } from './low-dtype.js';
import { LOW_DTYPES } from './low-dtype.js';
import { opListOf } from './op-list-of.js';
import type { OpList } from './op-rule.js';

/** How activations are held from the forward pass to the backward pass. */
export type SavedActivations = 'low' | 'as-computed';

/** Settings of a policy. */
export interface PolicyOptions {
  /** The low dtype. @default 'bfloat16' */
  readonly dtype?: LowDType;
  /** Whether autocast does anything at all; false is float32 throughout. @default true */
  readonly enabled?: boolean;
  /**
   * What computes where: `low` or `wide`. Without native TensorFlow it is always `emulated`.
   * @default 'auto': the environment variable FIN_AMP_MODE, else what the probe of this machine says
   */
  readonly mode?: 'auto' | Exclude<AmpMode, 'emulated'>;
  /**
   * `low`: what an op on the tape keeps for its gradient is held in two bytes an element, also where it was computed in float32;
   * statistics, small tensors and weights stay as they are. `as-computed`: torch's own way, in the dtype it was computed in.
   * @default 'low'
   */
  readonly savedActivations?: SavedActivations;
  /** TensorFlow ops that belong on another list than the one `OP_LISTS` has them on. @default none */
  readonly lists?: Readonly<Record<string, OpList>>;
}

/**
 * What autocast does: in which dtype, by which op lists, on which kind of machine. Immutable.
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

  /** @throws AmpInputError on a value that is none of the choices */
  constructor(options: PolicyOptions = {}) {
    this.dtype = oneOf('dtype', options.dtype ?? 'bfloat16', LOW_DTYPES);
    this.enabled = options.enabled ?? true;
    this.mode = oneOf('mode', options.mode ?? 'auto', ['auto', ...AMP_MODES] as const);
    this.savedActivations = oneOf('savedActivations', options.savedActivations ?? 'low', [
      'low',
      'as-computed',
    ]);
    this.lists = { ...options.lists };
  }

  /** The list that a TensorFlow op is on under this policy. */
  listOf(op: string): OpList {
    return this.lists[op] ?? opListOf(op);
  }

  /** Whether gradients need a `GradScaler`: float16's range is too small for them, bfloat16 has the range of float32. */
  get needsScaler(): boolean {
    return this.enabled && this.dtype === 'float16';
  }

  /** This policy with some settings changed. */
  with(options: PolicyOptions): Policy {
    const { dtype, enabled, mode, savedActivations, lists } = this;
    return new Policy({ dtype, enabled, mode, savedActivations, lists, ...options });
  }
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw new AmpInputError(`${name} is ${JSON.stringify(value)}; it must be one of ${choices.join(', ')}.`);
}
