import { RE2JS } from 're2js';
import { BertInputError } from '../errors.js';

/** Maximum length of a pattern. Matching time grows with the lengths of pattern and name. */
const MAX_PATTERN_LENGTH = 1000;

/** Capacity of the cache of compiled patterns. It is emptied when it is full. */
const CAPACITY = 2000;

/** Source of a pattern, for messages. */
export interface PatternPlace {
  /** Name of the setting. */
  readonly name: string;
  readonly file?: string | null;
}

const compiled = new Map<string, RE2JS>();

/**
 * Compiles a Python regular expression from PEFT's settings. RE2 matches in linear time, so a pattern from a file cannot block
 * the program. RE2 has no lookaround and no backreferences.
 *
 * @param wrap wraps the pattern in PEFT's own pattern
 * @throws BertInputError when it is not a valid regular expression, or uses a feature that RE2 lacks
 */
export function pythonPattern(
  source: string,
  place: PatternPlace,
  wrap: (source: string) => string = (inner) => inner,
): RE2JS {
  const key = wrap(source);
  const known = compiled.get(key);
  if (known) return known;
  try {
    if (source.length > MAX_PATTERN_LENGTH) {
      throw new SyntaxError(`it has ${source.length} characters; at most ${MAX_PATTERN_LENGTH} are allowed`);
    }
    const translated = toRe2(source);
    RE2JS.compile(translated);
    const pattern = RE2JS.compile(wrap(translated));
    if (compiled.size >= CAPACITY) compiled.clear();
    compiled.set(key, pattern);
    return pattern;
  } catch (cause) {
    const shown = JSON.stringify(source.slice(0, 100));
    throw new BertInputError(
      `${place.name} holds ${shown}, which is no regular expression that is supported here (${(cause as Error).message})`,
      { file: place.file ?? null, cause },
    );
  }
}

/** Escapes that mean the same in Python and RE2: classes, anchors and control characters. */
const SAME_ESCAPES = new Set([...'AbBdDsSwWafnrtv']);
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const GROUP_STARTS = /^\(\?(?:P<[A-Za-z_]\w*>|:|[ims]+\)|[ims]*(?:-[ims]+)?:)/;
const REFUSED_GROUPS: readonly (readonly [start: RegExp, what: string])[] = [
  [/^\(\?<?[=!]/, 'lookahead and lookbehind are not supported'],
  [/^\(\?P=/, 'backreferences are not supported'],
];

/** Translates a Python pattern to RE2's syntax. @throws SyntaxError for features that only one of the two has */
function toRe2(source: string): string {
  let result = '';
  let inSet = false;
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    let taken: string;
    let written: string;
    if (rest[0] === '\\') {
      [taken, written] = translateEscape(rest, inSet);
    } else if (inSet) {
      // Python takes an inner bracket literally, where RE2 would read a POSIX class such as [:alpha:].
      [taken, written] = [rest[0], rest[0] === '[' ? '\\[' : rest[0]];
      if (rest[0] === ']') inSet = false;
    } else if (rest[0] === '[') {
      taken = /^\[\^?\]?/.exec(rest)![0]; // a bracket at the start of a set is a member of it
      written = taken.replace(']', '\\]');
      inSet = true;
    } else if (rest.startsWith('(?#')) {
      const end = rest.indexOf(')');
      if (end < 0) throw new SyntaxError('a comment has no end');
      [taken, written] = [rest.slice(0, end + 1), ''];
    } else if (rest.startsWith('(?')) {
      const refused = REFUSED_GROUPS.find(([start]) => start.test(rest));
      if (refused) throw new SyntaxError(refused[1]);
      taken = GROUP_STARTS.exec(rest)?.[0] ?? '';
      if (taken === '') throw new SyntaxError(`the group ${rest.slice(0, 4)} is not supported`);
      written = taken;
    } else {
      taken = /^\{,\d*\}/.exec(rest)?.[0] ?? rest[0];
      written = taken.replace('{,', '{0,');
    }
    result += written;
    at += taken.length;
  }
  return result;
}

function translateEscape(rest: string, inSet: boolean): [taken: string, written: string] {
  const letter = rest[1];
  if (letter === undefined) throw new SyntaxError('it ends in a backslash');
  if (letter === 'Z' && !inSet) return ['\\Z', '\\z'];
  if (letter === 'b' && inSet) return ['\\b', '\\x08'];
  if (SAME_ESCAPES.has(letter) && !(inSet && 'AB'.includes(letter))) {
    return [`\\${letter}`, `\\${letter}`];
  }
  const digits = Object.hasOwn(HEX_ESCAPES, letter) ? HEX_ESCAPES[letter] : 0;
  if (digits > 0) {
    const code = rest.slice(2, 2 + digits);
    if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code)) throw new SyntaxError(`\\${letter} lacks digits`);
    return [rest.slice(0, 2 + digits), `\\x{${code}}`];
  }
  if (/[1-9]/.test(letter)) throw new SyntaxError('backreferences are not supported');
  if (/[0-9A-Za-z]/.test(letter)) throw new SyntaxError(`\\${letter} is no escape that is supported`);
  const character = String.fromCodePoint(rest.codePointAt(1)!);
  return [`\\${character}`, RE2JS.quote(character)];
}
