import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  LogLevel,
  MinimalSourceFile,
  normalizePath,
  ReflectionKind,
} from 'typedoc';
import ts from 'typescript';
import { outputsOf } from '../walkthrough/notebook.mjs';
import { pageOf } from '../walkthrough/page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inRoot = (path) => normalizePath(join(root, path));
const read = (path) => readFileSync(join(root, path), 'utf8');
const pagesIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

/** The walkthrough's page, made anew from its source and the outputs in the notebook. */
const WALKTHROUGH = 'docs/.fin/site/walkthrough.md';

/** Groups of pages, in the order of the navigation. */
const start = ['README.md', WALKTHROUGH, 'docs/coming-from-python.md'];
const guides = [...pagesIn('docs/guides'), 'docs/hpc.md'];
const elsewhere = [...start, ...guides, 'docs/README.md'];
const groups = {
  Start: start,
  Guides: guides,
  Reference: [
    ...['apps/cli/README.md', 'apps/report/README.md'],
    ...pagesIn('docs').filter((page) => !elsewhere.includes(page)),
  ],
};
const groupOf = new Map(
  Object.entries(groups).flatMap(([group, pages]) => pages.map((page) => [inRoot(page), group])),
);

/** Each way to import a published package: its name, its declarations, and its README where it is the main one. */
const modules = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const { name, exports } = JSON.parse(read(`packages/${folder}/package.json`));
  return Object.entries(exports)
    .filter(([, target]) => target.types)
    .map(([path, { types }]) => ({
      folder: `packages/${folder}`,
      isMain: path === '.',
      displayName: name + path.slice(1),
      file: inRoot(join('packages', folder, types)),
    }));
});

/** Title of a page: its first heading. */
const titleOf = (text) => text.match(/^# (.+)$/m)[1].replaceAll('`', '');

function writeWalkthrough() {
  const folder = join(root, WALKTHROUGH, '..');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'charts'), { recursive: true });
  const outputs = outputsOf(JSON.parse(read('docs/walkthrough.ipynb')));
  const { page, images } = pageOf(read('docs/walkthrough/source.md'), outputs, 'charts');
  for (const [name, image] of images) writeFileSync(join(folder, 'charts', name), image);
  writeFileSync(join(root, WALKTHROUGH), page.replace(/\]\((?=[a-z/-]+\.md\))/g, '](../../'));
}

/** Names and groups the pages and modules, gives packages their READMEs, and says which files and folders links mean by them. */
function arrange(converter) {
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const path = page.project.files.getReflectionPath(page);
    page.name = titleOf(readFileSync(path, 'utf8'));
    page.frontmatter.group = groupOf.get(path);
    if (path === inRoot(WALKTHROUGH)) {
      page.project.files.registerReflectionPath(inRoot('docs/walkthrough.ipynb'), page);
    }
    if (path.startsWith(inRoot('apps/'))) {
      page.project.files.registerReflectionPath(path.slice(0, path.lastIndexOf('/')), page);
    }
  });
  converter.on(Converter.EVENT_CREATE_DECLARATION, ({ project }, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    reflection.comment ??= new Comment();
    reflection.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Packages' }]));
    const { isMain, folder } = modules.find(({ displayName }) => displayName === reflection.name);
    if (!isMain) return;
    const path = inRoot(`${folder}/README.md`);
    const text = read(`${folder}/README.md`).replace(/^# .+\n/, '');
    reflection.readme = converter.parseRawComment(new MinimalSourceFile(text, path), project.files).content;
    project.files.registerReflectionPath(path, reflection);
    project.files.registerReflectionPath(inRoot(folder), reflection);
  });
}

/**
 * Builds the site: guides and other pages, and the API reference from the declarations of the packages, which must be built. Needs no network.
 *
 * @param out folder to write; it is replaced
 * @returns warnings and errors, such as links that lead nowhere
 */
export async function buildSite(out) {
  writeWalkthrough();
  const app = await Application.bootstrap({
    name: 'fin',
    readme: inRoot('docs/README.md'),
    projectDocuments: [...groupOf.keys()],
    out,
    groupOrder: [...Object.keys(groups), 'Packages', '*'],
    sortEntryPoints: false,
    navigation: { includeGroups: true },
    searchInComments: true,
    searchInDocuments: true,
    searchGroupBoosts: { Start: 4, Guides: 4, Reference: 2 },
    headings: { readme: false },
    highlightLanguages: ['typescript', 'json', 'sh', 'python', 'csv'],
    customCss: fileURLToPath(new URL('site.css', import.meta.url)),
    disableSources: true,
    excludeInternal: true,
    excludeExternals: true,
    hideGenerator: true,
    includeHierarchySummary: false,
    validation: { notExported: false, invalidLink: true, invalidPath: true },
  });
  const complaints = [];
  app.logger.log = (message, level) => {
    if (level >= LogLevel.Warn) complaints.push(message);
  };
  arrange(app.converter);
  const program = ts.createProgram(
    modules.map(({ file }) => file),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      types: [],
      skipLibCheck: true,
    },
  );
  const project = app.converter.convert(
    modules.map(({ displayName, file }) => ({
      displayName,
      program,
      sourceFile: program.getSourceFile(file),
    })),
  );
  app.validate(project);
  await app.generateDocs(project, out);
  return complaints;
}
