const CODE = /^```ts\n([\s\S]*?)^```\n/gm;

/**
 * Divides the walkthrough's source into cells: each block of TypeScript is a code cell, the prose between two blocks a cell of Markdown.
 *
 * @param source Markdown
 * @returns kind (`code` or `markdown`) and text of each cell, in order
 */
export function cellsOf(source) {
  const cells = [];
  let end = 0;
  const prose = (text) => {
    if (text.trim() !== '') cells.push({ kind: 'markdown', text: text.trim() });
  };
  for (const match of source.matchAll(CODE)) {
    prose(source.slice(end, match.index));
    cells.push({ kind: 'code', text: match[1].trimEnd() });
    end = match.index + match[0].length;
  }
  prose(source.slice(end));
  return cells;
}
