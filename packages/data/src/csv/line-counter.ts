const LF = 0x0a;
const CR = 0x0d;

/** Physical line of each of a growing series of byte offsets: LF, CRLF and a lone CR each end a line. */
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
