import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findBackends } from '@fin/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guideExamples, importedPackages, readmeExamples } from '../examples.mjs';
import { readme } from '../install.mjs';
import { published } from '../pack.mjs';
import { otherNode, readersProject, thisNode } from '../reader.mjs';
import { startRegistry } from '../registry.mjs';
import { changesets, releaseCopy } from '../release.mjs';
import { run } from '../run.mjs';

const MINUTE = 60_000;
const examples = readmeExamples();
const guides = guideExamples();
const backends = await findBackends();
const native = backends.some(({ name, available }) => name === 'tensorflow' && available);

let registry;
let copy;
let inputs;
beforeAll(async () => {
  registry = await startRegistry();
  copy = releaseCopy();
  if (changesets().length > 0) copy.version();
  copy.setRepository('owner/name');
  copy.install();
  copy.publish(registry);
  inputs = mkdtempSync(join(tmpdir(), 'fin-inputs-'));
  const script = fileURLToPath(new URL('../example-inputs.mjs', import.meta.url));
  run(process.execPath, [script], inputs);
}, 10 * MINUTE);
afterAll(async () => {
  await registry?.stop();
  copy?.remove();
  if (inputs) rmSync(inputs, { recursive: true, force: true });
});

it.each(published.map(({ folder, manifest }) => [manifest.name, folder]))(
  '%s is in the registry, and asks for versions',
  async (name, folder) => {
    const { version } = copy.manifest(folder);
    const answer = await fetch(`${registry.address}${name}`);
    const { 'dist-tags': tags, versions } = await answer.json();
    expect(tags.latest).toBe(version);
    expect(versions[version].repository).toEqual({
      type: 'git',
      url: 'git+https://github.com/owner/name.git',
      directory: folder,
    });
    for (const [dependency, range] of Object.entries(versions[version].dependencies ?? {})) {
      expect(range, dependency).toMatch(/^[\^~]?\d+\.\d+\.\d+$/);
    }
  },
);

/** Each of these examples runs in both forms. */
function runs(all, project) {
  // The profiler times the ops of native TensorFlow alone. A model is fetched from the hub only by a reader: no test leaves this machine.
  const runnable = all.filter(
    ({ code }) => (native || !code.includes("backend: 'tensorflow'")) && !code.includes('pullModel('),
  );
  it.each(runnable)(
    '$name runs as JavaScript',
    (example) => project().runJavaScript(example, inputs),
    10 * MINUTE,
  );
  it.each(runnable)(
    '$name runs as strict TypeScript',
    (example) => project().runTypeScript(example, inputs),
    10 * MINUTE,
  );
}

describe.each([
  ['this Node', () => thisNode],
  ['Node 24', () => otherNode(24)],
])('with %s', (_name, find) => {
  let node;
  beforeAll(() => {
    node = find();
  }, 5 * MINUTE);
  afterAll(() => node?.remove());

  describe.each(published.map(({ folder }) => folder))('%s', (folder) => {
    const { packages, programs } = readme(folder);
    let project;
    beforeAll(() => {
      project = readersProject(node, packages, registry);
    }, 5 * MINUTE);
    afterAll(() => project?.remove());

    it('brings the programs that its README calls', () => {
      expect(programs.filter((program) => !project.hasProgram(program))).toEqual([]);
    });

    runs(
      examples.filter((example) => example.folder === folder),
      () => project,
    );
  });

  describe('the guides', () => {
    let project;
    beforeAll(() => {
      project = readersProject(node, importedPackages(guides), registry);
    }, 5 * MINUTE);
    afterAll(() => project?.remove());

    runs(guides, () => project);
  });
});
