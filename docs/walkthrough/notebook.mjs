import { cellsOf } from './cells.mjs';

/** What Jupyter writes about the Deno kernel. */
const METADATA = {
  kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
  language_info: {
    codemirror_mode: 'typescript',
    file_extension: '.ts',
    mimetype: 'text/x.typescript',
    name: 'typescript',
    nbconvert_exporter: 'script',
    pygments_lexer: 'typescript',
  },
};

/** Lines as nbformat wants them: each with its end, but for the last. */
const lines = (text) => text.split(/(?<=\n)/);

/** Jupyter keeps long texts as lists of lines. */
const joined = (text) => (Array.isArray(text) ? text.join('') : text);

/**
 * Makes the notebook of the walkthrough, in nbformat 4.5.
 *
 * @param source Markdown, see `cellsOf`
 * @param outputs outputs of each code cell, in order, as nbformat has them. @default none
 */
export function notebookOf(source, outputs = []) {
  let code = 0;
  const cells = cellsOf(source).map(({ kind, text }, i) => {
    const cell = { cell_type: kind, id: `cell-${i + 1}`, metadata: {}, source: lines(text) };
    if (kind === 'markdown') return cell;
    const own = outputs[code++] ?? null;
    return { ...cell, execution_count: own && code, outputs: own ?? [] };
  });
  return { cells, metadata: METADATA, nbformat: 4, nbformat_minor: 5 };
}

/** Text of a notebook's file. */
export const formatNotebook = (notebook) => `${JSON.stringify(notebook, null, 1)}\n`;

/**
 * Outputs of each code cell of an executed notebook, without what differs from one execution to the next: parts of one stream are joined, and
 * counters and times left out.
 */
export function outputsOf({ cells }) {
  return cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(({ outputs }) => {
      const tidy = [];
      for (const { output_type, name, text, data } of outputs) {
        const last = tidy.at(-1);
        if (output_type !== 'stream') {
          const content = Object.entries(data).map(([type, value]) => [type, lines(joined(value))]);
          tidy.push({ data: Object.fromEntries(content), metadata: {}, output_type: 'display_data' });
        } else if (last?.name === name) {
          last.text = lines(joined(last.text) + joined(text));
        } else {
          tidy.push({ name, output_type, text: lines(joined(text)) });
        }
      }
      return tidy;
    });
}

/** The output of a code cell in one form: its text, and the content of the last thing it shows, by type. */
export function readOutputs(outputs) {
  const streams = outputs.filter(({ output_type }) => output_type === 'stream');
  const shown = outputs.findLast(({ data }) => data)?.data ?? {};
  return {
    text: streams.map(({ text }) => joined(text)).join(''),
    shown: Object.fromEntries(Object.entries(shown).map(([type, value]) => [type, joined(value)])),
  };
}
