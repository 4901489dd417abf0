/** Every run of white space and control characters (newlines, tabs, no-break spaces) to one space; none at the ends. */
export function collapseWhiteSpace(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
