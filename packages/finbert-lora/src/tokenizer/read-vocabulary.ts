import { readTextFile } from '../read-text-file.js';

/** The words of a `vocab.txt`, one per line, the line number (from 0) being the id. @throws BertInputError */
export function readVocabulary(file: string): string[] {
  const words = readTextFile(file).split(/\r\n|\n|\r/);
  if (words.at(-1) === '') words.pop();
  return words;
}
