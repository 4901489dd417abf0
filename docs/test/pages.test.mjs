import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const markdownIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const readmesIn = (group) =>
  readdirSync(join(root, group))
    .map((name) => join(group, name, 'README.md'))
    .filter((path) => existsSync(join(root, path)));

const pages = [
  'README.md',
  ...markdownIn('docs'),
  ...markdownIn('docs/guides'),
  ...readmesIn('packages'),
  ...readmesIn('apps'),
];

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

it.each(pages)('the links of %s lead to files and headings that exist', (page) => {
  const text = read(page).replace(/```[\s\S]*?```/g, '');
  const lost = [...text.matchAll(/\]\((?!\w+:)([^)#]*)(?:#([^)]+))?\)/g)].filter(([, path, anchor]) => {
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
  });
  expect(lost.map(([link]) => link)).toEqual([]);
});

it('each guide is on the first page', () => {
  const first = read('docs/README.md');
  const guides = readdirSync(join(root, 'docs/guides'));
  expect(guides.filter((guide) => !first.includes(`(guides/${guide})`))).toEqual([]);
});

describe('the names in "Coming from Python"', () => {
  /** All words in the declarations of a package, or of one of its entries. */
  const words = (specifier) => {
    const [, name, entry = ''] = specifier.match(/^@fin\/([a-z-]+)(?:\/([a-z-]+))?$/);
    const dist = join(root, 'packages', name, 'dist', entry);
    const files = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.d.ts'));
    return new Set(files.flatMap((file) => readFileSync(join(dist, file), 'utf8').match(/[A-Za-z]\w*/g)));
  };
  const rows = read('docs/coming-from-python.md')
    .split('\n')
    .filter((line) => /^\|.*`@fin\//.test(line))
    .map((line) => line.split(' | '));
  /** Names of functions, classes and options in the code of a cell: not the values, and not the names of a reader's own variables. */
  const namesIn = (cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code]) =>
      [...code.replace(/'[^']*'/g, '').matchAll(/\b([A-Za-z]\w*)(?=\(|:|$)/g)].map(([, name]) => name),
    );

  it('are in the declarations of the packages that it names', () => {
    expect(rows.length).toBeGreaterThan(40);
    const unknown = rows.flatMap(([, ours, packages]) => {
      const declared = [...packages.matchAll(/@fin\/[a-z/-]+/g)].map(([specifier]) => words(specifier));
      return namesIn(ours).filter((name) => !declared.some((each) => each.has(name)));
    });
    expect(unknown).toEqual([]);
  });
});
