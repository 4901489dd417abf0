/**
 * Renumbers the ids that Vega gives clip paths and gradients from a counter shared by the whole process, so that equal
 * charts are equal bytes and two charts on one page do not share an id.
 */
export function prefixIds(svg: string, idPrefix: string): string {
  const names = new Map<string, string>();
  for (const [, id] of svg.matchAll(/\sid="((?:clip|gradient|pattern)[^"]*)"/g)) {
    if (!names.has(id)) names.set(id, `${idPrefix}-${names.size + 1}`);
  }
  const renamed = (id: string) => names.get(id) ?? id;
  return svg
    .replace(/\sid="([^"]+)"/g, (_, id: string) => ` id="${renamed(id)}"`)
    .replace(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}
