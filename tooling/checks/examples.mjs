import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { published, toolEnvironment } from './pack.mjs';
import { root } from './workspace.mjs';

/** The compiler options under which a reader's strict project can resolve ES modules. */
export const RESOLUTIONS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** The TypeScript blocks of a page: name (`lstm-1`) and text of each. */
const examplesOf = (file, name) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code], index) => ({
    name: `${name}-${index + 1}`,
    code,
  }));

/** The TypeScript examples in the READMEs of published packages: folder, name and text of each. */
export const readmeExamples = () =>
  published.flatMap(({ folder }) =>
    examplesOf(join(folder, 'README.md'), folder.split('/')[1]).map((example) => ({ folder, ...example })),
  );

/** The TypeScript examples of the guides: name and text of each. */
export const guideExamples = () =>
  readdirSync(join(root, 'docs/guides')).flatMap((file) =>
    examplesOf(join('docs/guides', file), `guide-${file.replace('.md', '')}`),
  );

/** The packages that these examples import, as `npm install` takes them. */
export const importedPackages = (examples) => [
  ...new Set(
    examples.flatMap(({ code }) =>
      [...code.matchAll(/ from '((?:@[a-z-]+\/)?[a-z-]+)(?:\/[a-z-]+)?';$/gm)].map(([, name]) => name),
    ),
  ),
];

/** Options of a strict project that holds `files`; `tsc --init` chooses them as well. */
export const strictProject = (resolution, files, others = {}) => ({
  compilerOptions: {
    ...RESOLUTIONS[resolution],
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    ...others,
  },
  files,
});

/** Compiles the project of `configFile`. Returns what the compiler complains about, one complaint a line. */
export function compile(configFile, cwd) {
  const { status, stdout, stderr } = spawnSync('tsc', ['--pretty', 'false', '-p', configFile], {
    cwd,
    env: toolEnvironment,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  if (status !== 0 && complaints.length === 0) throw new Error(`tsc ended with ${status}`);
  return complaints;
}
