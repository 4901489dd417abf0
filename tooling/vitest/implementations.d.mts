/** How a part with a fused form can compute: by an op of @fin/kernels, by TensorFlow's own op, or composed. */
export type Implementation = 'kernels' | 'tensorflow' | 'composed';

/** The implementations on a backend. @param found whether the ops of @fin/kernels are loaded, and whether TensorFlow is native */
export function implementationsOn(found: {
  readonly kernels: boolean;
  readonly native: boolean;
}): readonly Implementation[];

/** The option for an implementation, which holds for what is made while its tests run. Call it in `describe`. */
export function optionFor(implementation: Implementation): 'fused' | 'composed';
