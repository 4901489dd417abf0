/** In what an op computes: the low dtype, float32, or the widest dtype among its inputs. */
export type OpList = 'lower' | 'float32' | 'widest';

/** Why a TensorFlow op is on a list. */
export interface OpRule {
  /** The ops of torch's list of the same name that this one stands for; empty where torch has it on none. */
  readonly torch: readonly string[];
  /** The reason, where it is not torch's own: the op has another name or another cut there, or is on no list or another one. */
  readonly because?: string;
}

/** TensorFlow op names with their reasons. */
export type OpRules = Readonly<Record<string, OpRule>>;
