import type { LowBitFormat, Precision } from '@fin/amp';
import { lowBitFormats } from '@fin/amp';
import type { TuningMethod } from '@fin/sentiment';
import type { OptimizerName } from '@fin/train';

/**
 * Ways to train the same encoder, the baseline first: all weights or LoRA adapters, in float32 or under automatic mixed precision (AMP);
 * all weights with the state of AdamW in 8 bits; and adapters on frozen weights in 4 or 8 bits (QLoRA). The last three compute in float32.
 */
export const variantNames = [
  'full-fp32',
  'full-adamw8bit',
  'full-amp',
  'lora-fp32',
  'lora-nf4',
  'lora-int8',
  'lora-amp',
] as const;

/** Those that are compared unless others are named. */
export const usualVariants = ['full-fp32', 'full-amp', 'lora-fp32', 'lora-amp'] as const;

export type VariantName = (typeof variantNames)[number];

/** Work that the encoder is trained for: the sentiment of sentences, or the forecast of the next close. */
export const jobNames = ['sentiment', 'forecast'] as const;

export type JobName = (typeof jobNames)[number];

/** How a variant trains. */
export interface Variant {
  readonly name: VariantName;
  readonly finetuning: TuningMethod;
  readonly precision: Precision;
  readonly optimizer: OptimizerName;
  /** Format of frozen matrices in few bits; null for that of the precision. */
  readonly storage: LowBitFormat | null;
}

/** @param amp precision of the variants under AMP */
export function variantOf(name: VariantName, amp: Precision): Variant {
  const [finetuning, how] = name.split('-');
  return {
    name,
    finetuning: finetuning as TuningMethod,
    precision: how === 'amp' ? amp : 'fp32',
    optimizer: how === 'adamw8bit' ? how : 'adamw',
    storage: lowBitFormats.find((format) => format === how) ?? null,
  };
}

/** Whether a variant trains adapters. */
export const hasAdapters = (name: VariantName): boolean => name.startsWith('lora');
