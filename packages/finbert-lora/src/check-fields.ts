import type { z } from 'zod';
import { BertInputError } from './errors.js';

/** Schema of each setting, and the text that completes "it must be …" in a message. */
export type FieldRules<T> = { readonly [K in keyof T]-?: readonly [schema: z.ZodType, wanted: string] };

/**
 * Checks all settings against their rules.
 *
 * @param where file of the settings and the names that it uses for them; without a file, messages use the names of `T`
 * @throws BertInputError naming the first setting that breaks its rule
 */
export function checkFields<T extends object>(
  settings: T,
  rules: FieldRules<T>,
  { file, names }: { readonly file: string | null; readonly names: { readonly [K in keyof T]-?: string } },
): void {
  for (const name of Object.keys(rules) as (keyof T & string)[]) {
    const [schema, wanted] = rules[name];
    if (schema.safeParse(settings[name]).success) continue;
    const shown = file === null ? name : names[name];
    throw new BertInputError(`${shown} is ${shownValue(settings[name])}; it must be ${wanted}`, { file });
  }
}

/** Maximum length of a value quoted in a message. */
const MAX_SHOWN = 200;

/** A value from a file, for a message: JSON, cut off if it is long. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
