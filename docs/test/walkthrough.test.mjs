import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compile, strictProject } from '../../tooling/checks/examples.mjs';
import { cellsOf } from '../walkthrough/cells.mjs';
import { formatNotebook, notebookOf, outputsOf, readOutputs } from '../walkthrough/notebook.mjs';
import { pageOf } from '../walkthrough/page.mjs';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const source = readFileSync(pathOf('../walkthrough/source.md'), 'utf8');
const file = readFileSync(pathOf('../walkthrough.ipynb'), 'utf8');
const outputs = outputsOf(JSON.parse(file));
const code = cellsOf(source).flatMap(({ kind, text }) => (kind === 'code' ? [text] : []));

it('the notebook is what its source gives: after a change of the source, `npm run walkthrough` makes it anew', () => {
  expect(file).toBe(formatNotebook(notebookOf(source, outputs)));
});

it('each cell of the notebook that draws or prints has the output', () => {
  const empty = code.flatMap((text, i) => {
    const { text: printed, shown } = readOutputs(outputs[i]);
    const wanted = [
      /^(await )?chart\(/m.test(text) && !shown['image/svg+xml']?.startsWith('<svg'),
      /^table\(/m.test(text) && !shown['text/markdown']?.startsWith('| '),
      /^(for .*)?console\.log\(/m.test(text) && printed === '',
    ];
    return wanted.some(Boolean) ? [`cell ${i + 1}: ${text.slice(0, 60)}`] : [];
  });
  expect(empty).toEqual([]);
  expect(
    outputs.flat().filter(({ output_type, name }) => output_type === 'error' || name === 'stderr'),
  ).toEqual([]);
});

it('the page has all prose, code and outputs, and each of its images', () => {
  const { page, images } = pageOf(source, outputs, 'charts');
  for (const { text } of cellsOf(source)) expect(page).toContain(text);
  for (const each of outputs) {
    const { text, shown } = readOutputs(each);
    expect(page).toContain(text.trimEnd());
    expect(page).toContain(shown['text/markdown'] ?? '');
  }
  const shownImages = [...page.matchAll(/^!\[(.+)\]\(charts\/(.+)\)$/gm)];
  expect(shownImages.map(([, , name]) => name)).toEqual([...images.keys()]);
  expect(images.size).toBeGreaterThan(8);
});

it('its code is strict TypeScript', () => {
  const parent = pathOf('../.fin/');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'walkthrough-'));
  try {
    writeFileSync(join(folder, 'walkthrough.ts'), code.join('\n'));
    const project = strictProject('nodenext', ['walkthrough.ts'], { noEmit: true, lib: ['es2024'] });
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    expect(compile('tsconfig.json', folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
