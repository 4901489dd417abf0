import { CodePoint, codePointClasses } from './code-points.js';

/** BERT's pre-tokenisation of normalised text: words between white space, each punctuation mark a word of its own. */
export function splitWords(text: string): string[] {
  const classes = codePointClasses();
  const words: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; ) {
    const codePoint = text.codePointAt(i)!;
    const length = codePoint > 0xffff ? 2 : 1;
    const bits = classes[codePoint];
    if (bits & (CodePoint.separator | CodePoint.punctuation)) {
      if (start >= 0) words.push(text.slice(start, i));
      start = -1;
      if (bits & CodePoint.punctuation) words.push(text.slice(i, i + length));
    } else if (start < 0) {
      start = i;
    }
    i += length;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}
