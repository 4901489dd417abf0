/** Gives the SVG the role of an image, with a name and a description that a screen reader finds. */
export function makeAccessible(
  svg: string,
  name: string | null,
  description: string | null,
  idPrefix: string,
): string {
  const parts = [
    { tag: 'title', id: `${idPrefix}-title`, text: name ?? description ?? 'Chart' },
    ...(name !== null && description !== null
      ? [{ tag: 'desc', id: `${idPrefix}-desc`, text: description }]
      : []),
  ];
  const elements = parts
    .map(({ tag, id, text }) => `<${tag} id="${id}">${escapeXml(text)}</${tag}>`)
    .join('');
  const described = parts.length > 1 ? ` aria-describedby="${parts[1].id}"` : '';
  return svg.replace(
    /<svg\b([^>]*)>/,
    (_, attributes: string) =>
      `<svg${attributes} role="img" aria-labelledby="${parts[0].id}"${described}>${elements}`,
  );
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
