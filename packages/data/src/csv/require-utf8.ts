import { isUtf8 } from 'node:buffer';
import { DataInputError } from '../errors.js';

/** Returns the bytes without a byte order mark. Throws for other encodings than UTF-8, naming the first wrong line. */
export function requireUtf8(bytes: Buffer, file: string): Buffer {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16 || bytes.subarray(0, 1024).includes(0)) {
    throw new DataInputError('is not UTF-8 text; it looks like UTF-16', {
      file,
      line: 1,
      fix: 'Save it as UTF-8 (in Excel: "CSV UTF-8"), or convert it with `iconv -f UTF-16 -t UTF-8`.',
    });
  }
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes);
    throw new DataInputError(
      `holds the byte 0x${bytes[offset].toString(16).toUpperCase()}, which is not UTF-8 text`,
      {
        file,
        line: lineCounter(bytes)(offset),
        fix: 'Save it as UTF-8; if it is Latin-1, `iconv -f ISO-8859-1 -t UTF-8` converts it.',
      },
    );
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

/** Finds the first invalid byte by bisection. A prefix that ends inside a character counts as valid. */
function firstInvalidByte(bytes: Buffer): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8Prefix(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  // A lead byte without its continuation is detected one byte later, at an ASCII byte.
  while (valid > 0 && bytes[valid] < 0x80) valid--;
  return valid;
}

function isUtf8Prefix(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

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
