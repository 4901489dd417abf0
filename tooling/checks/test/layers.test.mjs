import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureTable, folderPicture } from '../architecture-table.mjs';
import { published as packages } from '../pack.mjs';
import { root } from '../workspace.mjs';

/** Code that runs at the user's, and code that only this workspace runs. */
const shipped = ['src', 'bin'];
const unshipped = ['test', 'bench'];

/** `@scope/name` or `name` of an import; null for a relative one. */
const packageOf = (specifier) => specifier.match(/^(@[^/]+\/[^/]+|[^./@][^/]*)/)?.[1] ?? null;

/** Every import in the given parts of the packages, as { from, folder, part, specifier, resolved, ... }. */
let imports;
let modules;

beforeAll(async () => {
  process.chdir(root);
  const folders = packages
    .flatMap(({ folder }) => [...shipped, ...unshipped].map((part) => `${folder}/${part}`))
    .filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(
    folders,
    {
      validate: true,
      ruleSet: {
        forbidden: [{ name: 'no-circle', severity: 'error', from: {}, to: { circular: true } }],
      },
      tsPreCompilationDeps: true,
      doNotFollow: { path: '(^|/)(dist|node_modules)/' },
      exclude: { path: '/fixtures/' },
    },
    { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default', 'node'] },
  );
  modules = output.modules;
  imports = modules.flatMap(({ source, dependencies }) => {
    const [group, name, part] = source.split('/');
    const folder = `${group}/${name}`;
    if (!packages.some((each) => each.folder === folder)) return [];
    return dependencies.map((dependency) => ({
      from: source,
      folder,
      part,
      specifier: dependency.module,
      resolved: dependency.resolved,
      missing: dependency.couldNotResolve,
      core: dependency.coreModule,
      circle: dependency.circular ? dependency.cycle.map((step) => step.name) : null,
    }));
  });
}, 300_000);

const text = ({ from, specifier }) => `${from} -> ${specifier}`;

describe('imports', () => {
  it('are all seen by this test', () => {
    expect(modules.length).toBeGreaterThan(500);
    expect(imports.length).toBeGreaterThan(2000);
    expect(imports.filter(({ missing }) => missing).map(text)).toEqual([]);
  });

  it('form no circle of files', () => {
    const circles = imports
      .filter(({ circle }) => circle)
      .map(({ from, circle }) => [from, ...circle].join(' -> '));
    expect(circles).toEqual([]);
  });

  it('form no circle of packages, tests included', () => {
    const edges = new Map(
      packages.map(({ manifest }) => [
        manifest.name,
        Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
      ]),
    );
    const visit = (name, path) => {
      if (path.includes(name)) throw new Error(`circle: ${[...path, name].join(' -> ')}`);
      for (const next of edges.get(name) ?? []) if (edges.has(next)) visit(next, [...path, name]);
    };
    for (const name of edges.keys()) visit(name, []);
  });

  it('reach another package by its name, never by a path', () => {
    const reaching = imports.filter(
      ({ specifier, resolved, folder }) =>
        specifier.startsWith('.') &&
        !resolved.startsWith(`${folder}/`) &&
        packages.some((other) => resolved.startsWith(`${other.folder}/`)),
    );
    expect(reaching.map(text)).toEqual([]);
  });

  it('use what the other package exports', () => {
    const exported = new Map(packages.map(({ manifest }) => [manifest.name, Object.keys(manifest.exports)]));
    const inside = imports.filter(({ specifier }) => {
      const doors = exported.get(packageOf(specifier));
      return doors && !doors.includes(`.${specifier.slice(packageOf(specifier).length)}`);
    });
    expect(inside.map(text)).toEqual([]);
  });

  it('of shipped code never reach tests or benchmarks', () => {
    const reaching = imports.filter(
      ({ part, folder, resolved }) =>
        shipped.includes(part) && unshipped.some((other) => resolved.startsWith(`${folder}/${other}/`)),
    );
    expect(reaching.map(text)).toEqual([]);
  });
});

describe.each(packages.map(({ folder, manifest }) => [manifest.name, folder, manifest]))(
  '%s',
  (name, folder, manifest) => {
    const imported = (parts) =>
      imports
        .filter((each) => each.folder === folder && parts.includes(each.part) && !each.core)
        .filter(
          ({ specifier }) => ![null, name].includes(packageOf(specifier)) && !specifier.startsWith('node:'),
        );
    const undeclared = (parts, declared) =>
      imported(parts)
        .filter(({ specifier }) => !(packageOf(specifier) in declared))
        .map(text);

    it('declares every package that it imports', () => {
      expect(undeclared(shipped, { ...manifest.dependencies, ...manifest.peerDependencies })).toEqual([]);
    });

    it('declares every package that its tests and benchmarks import', () => {
      const declared = {
        ...manifest.dependencies,
        ...manifest.peerDependencies,
        ...manifest.devDependencies,
      };
      expect(undeclared(unshipped, declared)).toEqual([]);
    });

    it('imports what docs/architecture.md says', () => {
      const row = architectureTable().find(([each]) => each === name);
      expect(row, `no row for ${name}`).toBeDefined();
      const fin = new Set(
        imported(shipped)
          .map(({ specifier }) => packageOf(specifier))
          .filter((each) => each.startsWith('@fin/')),
      );
      expect([...fin].sort()).toEqual([...row[1]].sort());
    });
  },
);

describe('docs/architecture.md', () => {
  it('has arrows that point up the table only', () => {
    const above = new Set();
    for (const [name, uses] of architectureTable()) {
      expect([name, uses.filter((each) => !above.has(each))]).toEqual([name, []]);
      above.add(name);
    }
  });

  it('has a row and a place in the picture for each package, and for nothing else', () => {
    const there = packages.map(({ folder, manifest }) => [folder, manifest.name]).sort();
    expect(folderPicture().sort()).toEqual(there);
    expect(
      architectureTable()
        .map(([name]) => name)
        .sort(),
    ).toEqual(there.map(([, name]) => name).sort());
  });
});
