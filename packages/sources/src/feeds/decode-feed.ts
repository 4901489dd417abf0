import { decodeText } from '@fin/data';
import { SourceUnavailableError } from '../errors.js';

/** Encodings whose bytes tell which of them it is, whatever the feed says. */
const LATIN = /^(utf-?8|us-ascii|ascii|iso-8859-1|latin-?1|windows-1252|cp1252)$/i;

/**
 * Text of a feed: by its byte order mark, else by the encoding that the header or the XML declaration names, else by its bytes, as files
 * are read.
 *
 * @param contentType header of the answer
 * @throws {SourceUnavailableError} when it names an encoding that does not exist
 */
export function decodeFeed(bytes: Buffer, contentType: string | null, address: string): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 'feff') return new TextDecoder('utf-16be').decode(bytes);
  const start = bytes.toString('latin1', 0, 200);
  const label =
    /charset\s*=\s*["']?([\w-]+)/i.exec(contentType ?? '')?.[1] ??
    /^[^<]*<\?xml[^>]*\sencoding\s*=\s*["']([\w-]+)["']/i.exec(start)?.[1];
  if (label === undefined || LATIN.test(label)) {
    if (bytes.subarray(0, 1024).includes(0))
      throw new SourceUnavailableError(
        `${address} sent bytes that are no text: check that it is the address of a feed`,
      );
    return decodeText(bytes, address).bytes.toString('utf8');
  }
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    throw new SourceUnavailableError(
      `${address} names an encoding that does not exist, ${JSON.stringify(label)}`,
    );
  }
}
