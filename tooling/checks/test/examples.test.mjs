import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, guideExamples, RESOLUTIONS, readmeExamples, strictProject } from '../examples.mjs';
import { published } from '../pack.mjs';
import { root } from '../workspace.mjs';

const examples = [...readmeExamples(), ...guideExamples()];

it.each(published.map(({ folder, manifest }) => [folder, manifest.name]))(
  'the README of %s begins with one sentence, how to install it, and an example',
  (folder, name) => {
    const [title, sentence, ...rest] = readFileSync(join(root, folder, 'README.md'), 'utf8').split(/\n{2,}/);
    expect(title).toBe(`# ${name}`);
    expect(sentence).toMatch(/^[^.]+(?:\.[^.\s][^.]*)*\.$/);
    expect(rest[0]).toMatch(/^```sh\nnpm install /);
    expect(examples.some((example) => example.folder === folder)).toBe(true);
  },
);

/** Parses modules without running them, and names each that is none. */
const PARSE_EACH = `
  import { readFileSync } from 'node:fs';
  import { SourceTextModule } from 'node:vm';
  for (const identifier of process.argv.slice(1)) {
    try {
      new SourceTextModule(readFileSync(identifier, 'utf8'), { identifier });
    } catch (error) {
      console.error(identifier, error.message);
    }
  }`;

describe('the examples of the READMEs and guides', () => {
  /** Inside this package, whose dependencies are all that the examples import. */
  const parent = fileURLToPath(new URL('../.fin/', import.meta.url));
  let folder;
  beforeAll(() => {
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, 'examples-'));
    for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), code);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(RESOLUTIONS))('compile in a strict project as they stand (%s)', (resolution) => {
    const config = `tsconfig.${resolution}.json`;
    const files = examples.map(({ name }) => `${name}.ts`);
    writeFileSync(join(folder, config), JSON.stringify(strictProject(resolution, files, { noEmit: true })));
    expect(compile(config, folder)).toEqual([]);
  });

  it('are JavaScript as they stand', () => {
    const files = examples.map(({ name, code }) => {
      const file = join(folder, `${name}.mjs`);
      writeFileSync(file, code);
      return file;
    });
    // One process for all, since to start one takes longer than to read an example.
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', PARSE_EACH, ...files],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
