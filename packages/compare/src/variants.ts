import type { Precision } from '@fin/amp';
import type { TuningMethod } from '@fin/sentiment';

/**
 * The four ways to train the same encoder, the baseline first: all weights or LoRA adapters, in float32 or under automatic mixed
 * precision (AMP).
 */
export const variantNames = ['full-fp32', 'full-amp', 'lora-fp32', 'lora-amp'] as const;

export type VariantName = (typeof variantNames)[number];

/** Work that the encoder is trained for: the sentiment of sentences, or the forecast of the next close. */
export const jobNames = ['sentiment', 'forecast'] as const;

export type JobName = (typeof jobNames)[number];

/** How a variant trains. */
export interface Variant {
  readonly name: VariantName;
  readonly finetuning: TuningMethod;
  readonly precision: Precision;
}

/** @param amp precision of the variants under AMP */
export function variantOf(name: VariantName, amp: Precision): Variant {
  const [finetuning, precision] = name.split('-');
  return {
    name,
    finetuning: finetuning as TuningMethod,
    precision: precision === 'amp' ? amp : 'fp32',
  };
}

/** Whether a variant trains adapters. */
export const hasAdapters = (name: VariantName): boolean => name.startsWith('lora');
