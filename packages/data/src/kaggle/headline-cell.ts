import { decodeBytesLiteral } from '../clean/decode-bytes-literal.js';

/** The CSV cell from which the loader reads back exactly this (cleaned) text: its cleaning, undone. */
export function headlineCell(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const cell = decodeBytesLiteral(escaped) === escaped ? escaped : bytesLiteral(escaped);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function bytesLiteral(text: string): string {
  const body = Array.from(Buffer.from(text, 'utf8'), (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte <= 0x7e
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b"${body.join('')}"`;
}
