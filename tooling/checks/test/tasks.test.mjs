import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagesIn, root } from '../workspace.mjs';

/** Variables that turbo lets through without hashing them: where things are kept, not what results are. */
const PLACES = ['FIN_CACHE_DIR', 'FIN_TENSORFLOW_DIR', 'FIN_SHARED_DIR', 'XDG_CACHE_HOME', 'CXX', 'PYTHON'];

/** Turbo's plan: each task's hash, inputs and dependencies, without running any. */
function plan(variables = {}) {
  const { stdout, stderr } = spawnSync(
    'turbo',
    ['run', 'build', 'typecheck', 'test', 'train', 'report', 'demo', 'study', 'bench', '--dry=json'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: {
        PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
        HOME: process.env.HOME,
        TURBO_TELEMETRY_DISABLED: '1',
        ...variables,
      },
    },
  );
  if (!stdout.startsWith('{')) throw new Error(stderr);
  const { tasks, globalCacheInputs } = JSON.parse(stdout);
  return { tasks: new Map(tasks.map((task) => [task.taskId, task])), globalCacheInputs };
}

const RESULTS = [
  'FIN_BACKEND',
  'FIN_DATA',
  'FIN_DATA_FINGERPRINT',
  'FIN_KERNELS',
  'FIN_AMP_MODE',
  'FIN_GPU',
  'FIN_TENSORFLOW_KEY',
  'FIN_NODE_KEY',
  'TF_ENABLE_ONEDNN_OPTS',
  'CUDA_VISIBLE_DEVICES',
];
const TESTS = ['FIN_TEST_FULL', 'FIN_TESTS_KEY', 'FIN_BACKENDS', 'FIN_FUZZ_CASES', 'FIN_ORACLE_PYTHON'];
const STUDY_SETTINGS = [
  'STUDY_FINETUNE',
  'STUDY_SENTENCES_KEY',
  'STUDY_COMPARE',
  'STUDY_ABLATE',
  'STUDY_RUNS',
];

/** Variables that the source of a package reads and that may change its results. */
function variablesRead() {
  const read = new Set();
  for (const { folder } of packagesIn('packages', 'apps')) {
    for (const file of readdirSync(join(root, folder, 'src'), { recursive: true })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(join(root, folder, 'src', file), 'utf8');
      for (const [, name] of source.matchAll(/\benv(?:\.|\(')((?:FIN|TF|CUDA|OMP)_[A-Z_]+)/g)) read.add(name);
    }
  }
  return [...read].filter((name) => !PLACES.includes(name));
}

const READ = variablesRead();

/** Plans without any variable, and with all of them: turbo names the variables that enter each task's hash. */
let before;
let after;
beforeAll(() => {
  before = plan();
  const all = [...RESULTS, ...TESTS, ...STUDY_SETTINGS, ...PLACES, ...READ];
  after = plan(Object.fromEntries(all.map((name) => [name, '/other'])));
});

const variables = new Map();

/** Variables in the hash of a task or of one that it depends on. */
function variablesOf(id) {
  if (!variables.has(id)) {
    const { environmentVariables, dependencies } = after.tasks.get(id);
    const own = environmentVariables.configured.map((entry) => entry.slice(0, entry.indexOf('=')));
    variables.set(id, new Set([...own, ...dependencies.flatMap((each) => [...variablesOf(each)])]));
  }
  return variables.get(id);
}

/** Tasks that run again when this variable changes. */
const changed = (name) => [...after.tasks.keys()].filter((id) => variablesOf(id).has(name));

/** Files that a task's hash covers, through the tasks that it depends on. */
function inputs(id, seen = new Set()) {
  if (seen.has(id)) return [];
  seen.add(id);
  const { directory, inputs: own, dependencies } = before.tasks.get(id);
  const paths = Object.keys(own).map((file) => join(directory, file));
  return [...paths, ...dependencies.flatMap((each) => inputs(each, seen))];
}

const TRAIN = '@fin/cli#train';
const REPORT = '@fin/report#report';
const TEST = '@fin/data#test';

describe('a variable', () => {
  it('is named by the plan wherever it changes a hash', () => {
    for (const [id, { hash }] of after.tasks) {
      expect([id, hash !== before.tasks.get(id).hash]).toEqual([id, variablesOf(id).size > 0]);
    }
  });

  it.each(RESULTS)('%s runs training, report and tests again, and builds nothing', (name) => {
    const tasks = changed(name);
    expect(tasks).toEqual(expect.arrayContaining([TRAIN, REPORT, TEST]));
    expect(tasks.filter((id) => id.endsWith('#build'))).toEqual([]);
  });

  it.each(TESTS)('%s runs tests again', (name) => {
    expect(changed(name)).toContain(TEST);
  });

  it('FIN_TEST_FULL does not train again', () => {
    expect(changed('FIN_TEST_FULL')).not.toContain(TRAIN);
  });

  it.each(PLACES)('%s names a place: it reaches the tasks and repeats none', (name) => {
    expect(changed(name)).toEqual([]);
    expect(before.globalCacheInputs.environmentVariables.specified.passThroughEnv).toContain(name);
  });

  it('that the source reads is hashed', () => {
    expect(READ.length).toBeGreaterThan(5);
    expect(READ.filter((name) => changed(name).length === 0)).toEqual([]);
  });
});

describe('an edit', () => {
  it('of a README, a test or a benchmark trains nothing again', () => {
    const files = inputs(TRAIN);
    expect(files).toEqual(expect.arrayContaining(['apps/cli/bin/fin.js', 'packages/forecast/src/index.ts']));
    expect(files.filter((file) => /README|CHANGELOG|\/(test|bench)\//.test(file))).toEqual([]);
    expect(inputs(REPORT).filter((file) => /README|CHANGELOG|\/(test|bench)\//.test(file))).toEqual([]);
  });

  it.each(packagesIn('packages', 'apps').map(({ manifest }) => manifest.name))(
    'of shared configuration or of a package that %s uses builds and tests it again',
    (name) => {
      expect(inputs(`${name}#build`)).toContain('tooling/tsconfig/base.json');
      expect(inputs(`${name}#typecheck`)).toContain('tooling/tsconfig/test.json');
      expect(inputs(`${name}#test`)).toContain('tooling/vitest/config.mjs');
    },
  );

  it('of a lower package builds, tests and trains the upper ones again', () => {
    for (const id of ['@fin/forecast#build', '@fin/forecast#test', TRAIN, REPORT]) {
      expect(inputs(id)).toContain('packages/files/src/index.ts');
    }
  });
});

describe('of the study', () => {
  const step = (name) => `@fin/cli#study:${name}`;
  const STUDY = '@fin/report#study';

  it.each([
    ['STUDY_FINETUNE', [step('finetune'), step('ablate'), STUDY]],
    ['STUDY_SENTENCES_KEY', [step('finetune'), step('compare'), step('ablate'), STUDY]],
    ['STUDY_COMPARE', [step('compare'), STUDY, '@fin/report#demo']],
    ['STUDY_ABLATE', [step('ablate'), STUDY]],
    ['STUDY_RUNS', [STUDY]],
  ])('%s runs again only what depends on it', (name, tasks) => {
    const repeated = changed(name);
    expect(repeated).toEqual(expect.arrayContaining(tasks));
    const others = [step('finetune'), step('compare'), step('ablate'), STUDY, TRAIN, REPORT, TEST].filter(
      (id) => !tasks.includes(id),
    );
    expect(repeated.filter((id) => others.includes(id))).toEqual([]);
  });

  it('other market data fine-tune no sentences again', () => {
    const repeated = changed('FIN_DATA_FINGERPRINT');
    expect(repeated).toContain(step('compare'));
    expect(repeated).not.toContain(step('finetune'));
  });
});

it('benchmarks are measured each time', () => {
  const benches = [...before.tasks.values()].filter(
    ({ task, command }) => task === 'bench' && command !== '<NONEXISTENT>',
  );
  expect(benches.length).toBeGreaterThan(3);
  for (const { resolvedTaskDefinition } of benches) expect(resolvedTaskDefinition.cache).toBe(false);
});
