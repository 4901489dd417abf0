import { BertInputError } from '../../errors.js';

/** What Python spells otherwise, and this language's spelling. */
const SPELLINGS: readonly (readonly [python: RegExp, here: string])[] = [
  [/\(\?P</g, '(?<'],
  [/\(\?P=(\w+)\)/g, '\\k<$1>'],
  [/\\A/g, '^'],
  [/\\Z/g, '$'],
];

/**
 * A regular expression as Python's `re` reads it, for the part of the language that both share: PEFT's patterns are Python's.
 *
 * @param where the setting and the file it stands in, for the message
 * @throws BertInputError when it is none
 */
export function pythonPattern(
  source: string,
  where: { readonly name: string; readonly file?: string | null },
  wrap: (source: string) => string = (inner) => inner,
): RegExp {
  const translated = SPELLINGS.reduce((text, [python, here]) => text.replace(python, here), source);
  try {
    return new RegExp(wrap(translated));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new BertInputError(
      `${where.name} holds "${source}", which is no regular expression here (${reason})`,
      {
        file: where.file ?? null,
        cause,
      },
    );
  }
}
