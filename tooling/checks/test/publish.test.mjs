import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readme, tryReadme } from '../install.mjs';
import { pack, published } from '../pack.mjs';

/** Small packages that are quick to install; test/install.full.test.mjs installs every one with every package manager. */
const SMALL = ['packages/files', 'packages/run'];

let packed;
beforeAll(() => {
  packed = pack();
}, 300_000);
afterAll(() => packed?.remove());

describe.each(published.map(({ manifest }) => [manifest.name, manifest]))('%s', (name, manifest) => {
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
    expect(manifest.engines.node).toBe('>=20');
    expect(manifest.publishConfig.access).toBe('public');
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'README.md']));
  });
});

it.each(SMALL)('%s can be installed with npm and used as its README says', (folder) => {
  const names = published.filter((each) => SMALL.includes(each.folder)).map(({ manifest }) => manifest.name);
  const small = new Map([...packed.tarballs].filter(([name]) => names.includes(name)));
  tryReadme('npm', readme(folder), small);
});
