/**
 * How low precision is done on a machine:
 *
 * ```
 * mode       products    results of products   frozen weights, saved activations   for
 * low        low         low                   low                                 units for the dtype: AMX, AVX512-BF16, a GPU
 * wide       float32     float32               low                                 no such units: memory falls, no step gets slower
 * emulated   float32     rounded to low        float32, weights rounded to low     no native TensorFlow: right numbers, nothing gained
 * ```
 */
export type AmpMode = 'low' | 'wide' | 'emulated';

/** The modes of native TensorFlow, between which there is a choice. */
export const AMP_MODES: readonly ['low', 'wide'] = ['low', 'wide'];
