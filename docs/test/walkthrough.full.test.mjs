import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { execute, findJupyter, installJupyter } from '../walkthrough/jupyter.mjs';
import { notebookOf, outputsOf, readOutputs } from '../walkthrough/notebook.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const source = readFileSync(`${docs}/walkthrough/source.md`, 'utf8');
const committed = outputsOf(JSON.parse(readFileSync(`${docs}/walkthrough.ipynb`, 'utf8')));

const programs = findJupyter() ?? installed();

/** Installs what is missing in the cache folder. Null where this machine does not let us: without python3 and pip, or offline. */
function installed() {
  try {
    installJupyter(console.warn);
  } catch (error) {
    console.warn(
      `Jupyter's client (the Python package nbclient) and Deno could not be installed: ${error.message}`,
    );
  }
  const found = findJupyter();
  if (found === null) console.warn('the walkthrough is not executed: it needs nbclient and Deno');
  return found;
}

describe.skipIf(programs === null)('the walkthrough in Jupyter (skipped without Jupyter and Deno)', () => {
  let cells;
  beforeAll(async () => {
    cells = outputsOf(await execute(notebookOf(source), docs, programs)).map(readOutputs);
  }, 900_000);

  /** Rows of the table in the first cell whose Markdown has this column, by column. */
  const rowsWith = (column) => {
    const text = cells.find(({ shown }) => shown['text/markdown']?.includes(`| ${column} |`)).shown[
      'text/markdown'
    ];
    const [names, , ...rows] = text.split('\n').map((line) => line.slice(2, -2).split(' | '));
    return rows.map((row) => Object.fromEntries(row.map((cell, i) => [names[i], cell])));
  };

  it('gives outputs of the committed kinds, with the same words', () => {
    const words = (text) => text.replace(/[\d.,e+−-]+/g, '#');
    const shape = ({ text, shown }) => ({ text: words(text), shown: Object.keys(shown) });
    expect(cells.slice(1).map(shape)).toEqual(committed.slice(1).map((each) => shape(readOutputs(each))));
  });

  it('LoRA reaches the accuracy of full fine-tuning, nearly, with a twentieth of the parameters', () => {
    const [full, lora] = rowsWith('test accuracy');
    expect(Number(full['test accuracy'])).toBeGreaterThan(0.97);
    expect(Number(lora['test accuracy'])).toBeGreaterThan(0.95);
  });

  it('the model beats persistence where headlines foretell the next day, and not where they foretell nothing', () => {
    const [signal, nothing] = rowsWith('headlines foretell');
    const ratio = (row) => Number(row['RMSE of the model']) / Number(row['RMSE of persistence']);
    expect(ratio(signal)).toBeLessThan(0.87);
    expect(ratio(nothing)).toBeGreaterThan(0.99);
  });

  it('the optimized variant keeps less than a hundredth of the bytes', () => {
    const [baseline, optimized] = rowsWith('checkpoint, MB');
    expect(Number(optimized['checkpoint, MB'])).toBeLessThan(Number(baseline['checkpoint, MB']) / 100);
  });
});
