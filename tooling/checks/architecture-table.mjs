import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const cells = (row) =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** `@fin/x` names in a cell of the table. */
const names = (cell) => [...cell.matchAll(/`(@fin\/[a-z-]+)`/g)].map(([, name]) => name);

/** The table "What may import what" of docs/architecture.md, as pairs of a package and the packages it imports, top row first. */
export function architectureTable() {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const section = page.split(/^##+ /m).find((text) => text.startsWith('What may import what'));
  if (section === undefined) throw new Error('docs/architecture.md has no section "What may import what"');
  const rows = section.split('\n').filter((line) => line.startsWith('| `@fin/'));
  return rows.map((row) => {
    const [name, imports] = cells(row);
    return [names(name)[0], names(imports)];
  });
}

/** The folder picture at the top of docs/architecture.md: paths like `packages/runtime`, with the package's name. */
export function folderPicture() {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const picture = page.split('```')[1];
  let group = '';
  const packages = [];
  for (const line of picture.split('\n')) {
    const top = line.match(/^([a-z]+)\/$/);
    if (top) group = top[1];
    const entry = line.match(/^ {2}([a-z-]+) +(@fin\/[a-z-]+)/);
    if (entry) packages.push([`${group}/${entry[1]}`, entry[2]]);
  }
  return packages;
}
