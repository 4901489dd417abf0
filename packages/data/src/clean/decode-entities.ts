import { decode } from 'html-entities';

/**
 * HTML entities to the characters they name: `&gt;` to `>`. Repeated until nothing changes, because some headlines were
 * escaped twice (`&amp;rsquo;`). Only what ends in a semicolon counts, so that `AT&T` and `?a=1&para=2` stay.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  const decoded = decode(text, { scope: 'strict' });
  return decoded === text ? text : decodeEntities(decoded);
}
