import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { published } from '../pack.mjs';
import { changesets, releaseCopy } from '../release.mjs';
import { packagesIn } from '../workspace.mjs';

const pending = changesets();
const names = published.map(({ manifest }) => manifest.name);

it('each changeset names published packages and says in words what changes', () => {
  for (const { name, bumps, text } of pending) {
    expect(bumps.size, name).toBeGreaterThan(0);
    expect(names, name).toEqual(expect.arrayContaining([...bumps.keys()]));
    expect(text.length, name).toBeGreaterThan(20);
  }
});

// Right after a release there is nothing to release.
describe.runIf(pending.length > 0)('`changeset version`', () => {
  let copy;
  beforeAll(() => {
    copy = releaseCopy();
    copy.version();
  }, 120_000);
  afterAll(() => copy?.remove());

  it.each(published.map(({ folder, manifest }) => [folder, manifest]))(
    'gives %s its next version, and 0.1.0 as its first',
    (folder, { name, version }) => {
      const next = copy.manifest(folder).version;
      if (version === '0.0.0') expect(next).toBe('0.1.0');
      else if (pending.some(({ bumps }) => bumps.has(name))) expect(next).not.toBe(version);
    },
  );

  it.each(published.map(({ folder, manifest }) => [folder, manifest.name]))(
    'writes a changelog for %s that has each of its changes, and no commit',
    (folder, name) => {
      const changes = pending.filter(({ bumps }) => bumps.has(name));
      const file = join(copy.folder, folder, 'CHANGELOG.md');
      if (changes.length === 0 && !existsSync(file)) return;
      const changelog = readFileSync(file, 'utf8');
      expect(changelog).toMatch(new RegExp(`^# ${name}\n\n## ${copy.manifest(folder).version}\n`));
      const words = (text) => text.replace(/\s+/g, ' ');
      for (const { text } of changes) expect(words(changelog)).toContain(words(text));
      expect(changelog).not.toMatch(/^- [0-9a-f]{7}: |Updated dependencies/m);
    },
  );

  it('is followed by the field `repository` of each package, and changes no other', () => {
    const before = published.map(({ folder }) => copy.manifest(folder));
    copy.setRepository('owner/name');
    for (const [index, { folder }] of published.entries()) {
      const repository = { type: 'git', url: 'git+https://github.com/owner/name.git', directory: folder };
      expect(copy.manifest(folder)).toEqual({ ...before[index], repository });
    }
  });

  it('uses the changesets up, and leaves what is not published alone', () => {
    expect(changesets(copy.folder)).toEqual([]);
    for (const { folder, manifest } of packagesIn('tooling')) {
      expect(copy.manifest(folder)).toEqual(manifest);
    }
  });
});
