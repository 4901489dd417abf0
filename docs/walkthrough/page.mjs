import { cellsOf } from './cells.mjs';
import { readOutputs } from './notebook.mjs';

/**
 * Makes the walkthrough as a page: prose, code, and below each block of code what it printed and showed.
 *
 * @param source Markdown, see `cellsOf`
 * @param outputs outputs of each code cell, in order, as nbformat has them
 * @param images folder of the images, as the page refers to it
 * @returns Markdown, and each image as SVG, by its name
 */
export function pageOf(source, outputs, images) {
  const files = new Map();
  let code = 0;
  const parts = cellsOf(source).map(({ kind, text }) => {
    if (kind === 'markdown') return text;
    const { text: printed, shown } = readOutputs(outputs[code++]);
    const block = [`\`\`\`ts\n${text}\n\`\`\``];
    if (printed !== '') block.push(`\`\`\`text\n${printed.trimEnd()}\n\`\`\``);
    if (shown['text/markdown']) block.push(shown['text/markdown']);
    if (shown['image/svg+xml']) {
      const name = `chart-${files.size + 1}.svg`;
      files.set(name, shown['image/svg+xml']);
      block.push(`![${shown['text/plain']}](${images}/${name})`);
    }
    return block.join('\n\n');
  });
  return { page: `${parts.join('\n\n')}\n`, images: files };
}
