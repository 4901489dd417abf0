import type { LowBitFormat, Precision } from '@fin/amp';
import { lowBitFormats } from '@fin/amp';
import type { TuningMethod } from '@fin/sentiment';
import type { OptimizerName } from '@fin/train';

/**
 * Ways to train the same encoder, the baseline first: all weights or LoRA adapters, in float32 or under automatic mixed precision (AMP);
 * all weights with the state of AdamW in 8 bits; and adapters on frozen weights in 4 or 8 bits (QLoRA). The last three compute in float32.
 * `full-int8` is `full-fp32`, scored and timed in int8 (dynamic quantization).
 */
export const variantNames = [
  'full-fp32',
  'full-adamw8bit',
  'full-int8',
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
  /** `int8`: the trained model is scored and timed in int8, by dynamic quantization; null: in the precision. */
  readonly inference: 'int8' | null;
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
    inference: name === 'full-int8' ? 'int8' : null,
    optimizer: how === 'adamw8bit' ? how : 'adamw',
    storage: hasAdapters(name) ? (lowBitFormats.find((format) => format === how) ?? null) : null,
  };
}

/** Whether a variant trains adapters. */
export const hasAdapters = (name: VariantName): boolean => name.startsWith('lora');
