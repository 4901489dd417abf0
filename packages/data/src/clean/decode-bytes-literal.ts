import { decodeWindows1252 } from '../read/windows-1252.js';

/** Python writes ASCII alone; a file that was edited since may hold other characters. */
const literal = /^\s*b(['"])([\x20-\x7e\u00a0-\uffff]*)\1\s*$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const simpleEscapes: Readonly<Record<string, number>> = {
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
};

/**
 * Undoes Python's `repr` of a bytes object: `b'it\'s'` becomes `it's`. Returns other text unchanged, including invalid
 * literals such as `b'it's'`. Decodes the bytes as UTF-8, or as Windows-1252 where they are not UTF-8.
 */
export function decodeBytesLiteral(cell: string): string {
  const match = literal.exec(cell);
  if (!match) return cell;
  const bytes = unescapeBytes(match[2], match[1]);
  if (!bytes) return cell;
  try {
    return utf8.decode(bytes);
  } catch {
    return decodeWindows1252(bytes);
  }
}

/** Bytes of a literal's body by Python's rules (unknown escapes keep their backslash), or null for an invalid literal. */
function unescapeBytes(body: string, quote: string): Uint8Array | null {
  const bytes = Buffer.alloc(Buffer.byteLength(body)); // no escape is shorter than its byte
  let length = 0;
  let at = 0;
  while (at < body.length) {
    const backslash = body.indexOf('\\', at);
    const plain = body.slice(at, backslash === -1 ? body.length : backslash);
    if (plain.includes(quote)) return null;
    length += bytes.write(plain, length, 'utf8');
    if (backslash === -1) break;
    const rest = body.slice(backslash + 1, backslash + 4);
    const number = /^x([0-9a-fA-F]{2})/.exec(rest) ?? /^([0-3]?[0-7]{1,2})/.exec(rest);
    at = backslash + 1;
    if (number) {
      bytes[length] = Number.parseInt(number[1], rest.startsWith('x') ? 16 : 8);
      at += number[0].length;
    } else if (rest === '' || rest.startsWith('x')) {
      return null;
    } else if (rest[0] in simpleEscapes) {
      bytes[length] = simpleEscapes[rest[0]];
      at += 1;
    } else {
      bytes[length] = 0x5c;
    }
    length += 1;
  }
  return bytes.subarray(0, length);
}
