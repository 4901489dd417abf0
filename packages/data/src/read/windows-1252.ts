/** Characters of the bytes 80 to 9F; the five bytes without a character stay control characters, as in the WHATWG standard. */
const high =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** Decodes Windows-1252. Node's own decoder of this name decodes ISO-8859-1 in some versions. */
export function decodeWindows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => high[character.charCodeAt(0) - 0x80]);
}
