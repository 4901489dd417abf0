import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { parse } from 'acorn';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readme, tryReadme } from '../install.mjs';
import { pack, published } from '../pack.mjs';
import { root } from '../workspace.mjs';

/** Small packages that are quick to install; test/install.full.test.mjs installs every one with every package manager. */
const SMALL = ['packages/files', 'packages/run'];

/** Dependencies that no file imports. */
const UNIMPORTED = {
  // arquero accepts 2.7.0 as well, which depends on a package that the registry does not have.
  '@fin/data': ['@uwdata/flechette'],
};

/** Statements at the top of a module that do nothing beyond it when it is imported. */
const HARMLESS = /^(?:Export.*|FunctionDeclaration|ClassDeclaration|VariableDeclaration)$/;

/** Whether importing the module does something: it imports another for that alone, calls or assigns something, or has a branch or loop. */
const actsOnImport = (text) =>
  parse(text, { ecmaVersion: 'latest', sourceType: 'module' }).body.some((statement) => {
    if (statement.type === 'ImportDeclaration') return statement.specifiers.length === 0;
    // `Object.setPrototypeOf(Own.prototype, …)` completes a class of the module itself.
    if (text.startsWith('Object.setPrototypeOf', statement.start)) return false;
    return !HARMLESS.test(statement.type);
  });

/** The files with this ending in these folders of a package, as paths relative to the package, with their text. */
const filesOf = (folder, groups, ending) =>
  groups
    .filter((group) => existsSync(join(root, folder, group)))
    .flatMap((group) =>
      readdirSync(join(root, folder, group), { recursive: true })
        .filter((name) => ending.test(name))
        .map((name) => [`${group}/${name}`, readFileSync(join(root, folder, group, name), 'utf8')]),
    );

let packed;
beforeAll(() => {
  packed = pack();
}, 300_000);
afterAll(() => packed?.remove());

describe.each(published.map(({ folder, manifest }) => [manifest.name, folder, manifest]))(
  '%s',
  (name, folder, manifest) => {
    const data = () => readFileSync(packed.tarballs.get(name));

    it('has no fault that publint finds', async () => {
      const { buffer, byteOffset, byteLength } = data();
      const tarball = buffer.slice(byteOffset, byteOffset + byteLength);
      const { messages, pkg } = await publint({
        pack: { tarball },
        level: 'warning',
      });
      expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
    });

    it('has types for each of its doors', async () => {
      const { problems = [] } = await checkPackage(createPackageFromTarballData(new Uint8Array(data())));
      // Packages for Node 20 and later, as ES modules: neither CommonJS nor the resolution of Node 10 is served.
      const served = problems.filter(
        ({ resolutionKind, kind }) =>
          kind !== 'CJSResolvesToESM' && !['node10', 'node16-cjs'].includes(resolutionKind),
      );
      expect(served).toEqual([]);
    });

    it('is published with versions, a licence, and only what users need', () => {
      expect(manifest.license).toBe('Apache-2.0');
      expect(manifest.engines.node).toBe('^20.19.0 || >=22.12.0');
      expect(manifest.publishConfig.access).toBe('public');
      expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'README.md']));
      const installs = ['preinstall', 'install', 'postinstall', 'prepare'];
      expect(Object.keys(manifest.scripts).filter((script) => installs.includes(script))).toEqual([]);
    });

    it('brings no package that it does not use', () => {
      const sources = filesOf(folder, ['src', 'bin'], /\.(ts|js|mjs)$/).map(([, text]) => text);
      const imported = (dependency) =>
        sources.some((text) => ["'", '`'].some((quote) => text.includes(`${quote}${dependency}`)));
      const unused = Object.keys(manifest.dependencies ?? {}).filter((each) => !imported(each));
      expect(unused).toEqual(UNIMPORTED[name] ?? []);
    });

    it('does something on import only in the files that `sideEffects` names', () => {
      const acting = filesOf(folder, ['dist'], /\.js$/).filter(([, text]) => actsOnImport(text));
      expect(acting.map(([path]) => `./${path}`).sort()).toEqual(manifest.sideEffects || []);
    });
  },
);

it.each(SMALL)('%s can be installed with npm and used as its README says', (folder) => {
  const names = published.filter((each) => SMALL.includes(each.folder)).map(({ manifest }) => manifest.name);
  const small = new Map([...packed.tarballs].filter(([name]) => names.includes(name)));
  tryReadme('npm', readme(folder), small);
});
