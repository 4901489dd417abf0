import { isUtf8 } from 'node:buffer';
import { DataInputError } from '../errors.js';
import { decodeWindows1252 } from './windows-1252.js';

/** Encodings of text files that are read. */
export type Encoding = 'UTF-8' | 'Windows-1252' | 'ISO-8859-1';

/** Text of a file, as UTF-8 bytes without a byte order mark. */
export interface DecodedText {
  readonly bytes: Buffer;
  /** Encoding of the file. */
  readonly encoding: Encoding;
}

/**
 * Decodes a text file. Bytes that are valid UTF-8 are UTF-8. Others are Windows-1252 if any byte is from 80 to 9F, which
 * ISO-8859-1 does not use for text, else ISO-8859-1.
 *
 * @throws DataInputError for UTF-16
 */
export function decodeText(bytes: Buffer, file: string): DecodedText {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16 || bytes.subarray(0, 1024).includes(0)) {
    throw new DataInputError('is not UTF-8 text; it looks like UTF-16', {
      file,
      line: 1,
      fix: 'Save it as UTF-8 (in Excel: "CSV UTF-8"), or convert it with `iconv -f UTF-16 -t UTF-8`.',
    });
  }
  if (isUtf8(bytes)) {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return { bytes: hasMark ? bytes.subarray(3) : bytes, encoding: 'UTF-8' };
  }
  const windows = bytes.some((byte) => byte >= 0x80 && byte <= 0x9f);
  const text = windows ? decodeWindows1252(bytes) : bytes.toString('latin1');
  return { bytes: Buffer.from(text, 'utf8'), encoding: windows ? 'Windows-1252' : 'ISO-8859-1' };
}

/** Typical results of reading UTF-8 bytes as Windows-1252 or ISO-8859-1: `Â£`, `Ã©`, `â€™`. */
const mojibake =
  /[\u00c2\u00c3][\u0080-\u00bf]|\u00e2(?:\u20ac|\u0080)[\u0080-\u00bf\u2018-\u203a\u0152-\u017e\u02c6\u02dc\u2122]/;

/** Whether a text holds characters that a wrong decoding leaves. */
export const hasMojibake = (text: string): boolean => mojibake.test(text);

const LF = 0x0a;
const CR = 0x0d;

/** Returns a function from byte offset to line, for ascending offsets. LF, CRLF and a lone CR each end a line. */
export function lineCounter(bytes: Uint8Array): (offset: number) => number {
  let position = 0;
  let line = 1;
  return (offset) => {
    for (; position < offset; position++) {
      const byte = bytes[position];
      if (byte === LF || (byte === CR && bytes[position + 1] !== LF)) line++;
    }
    return line;
  };
}
