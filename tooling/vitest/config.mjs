import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';
import { fullTier } from './full-tier.mjs';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const setupFile = fileOf('./setup-backend.mjs');

/** Test files of `npm run test:full` alone. */
const fullOnly = fullTier ? [] : ['**/*.full.test.*'];

/** Whole pipelines take minutes on the pure-JavaScript backend: there they belong to `npm run test:full` as well. */
const pipelines = (backend) => (backend === 'cpu' && !fullTier ? ['test/pipeline/**'] : []);

/** Options that all test files share. Forks, because TensorFlow's native binding belongs to one thread of a process. */
const shared = {
  include: ['test/**/*.test.ts'],
  exclude: fullOnly,
  setupFiles: [fileOf('./typed-array-equality.mjs')],
  pool: 'forks',
  // Whole pipelines on the pure-JavaScript backend take minutes.
  testTimeout: fullTier ? 300_000 : 60_000,
  hookTimeout: fullTier ? 900_000 : 180_000,
};

/** `npm test` adds up these result files. */
const reporting = {
  reporters: ['default', ['json', { outputFile: '.fin/test-results.json' }]],
  passWithNoTests: true,
};

/**
 * Test configuration of a package without tensors. Two files at a time even on two cores: such tests often wait for processes and browsers,
 * while those that compute fill the cores, and a second process of theirs would load TensorFlow again.
 */
export function plainTests(overrides = {}) {
  const maxWorkers = Math.max(2, availableParallelism() - 1);
  return defineConfig({ test: { ...reporting, ...shared, maxWorkers, ...overrides } });
}

/**
 * Test configuration of a package that computes: one vitest project per backend found on this machine, so that the same
 * suite runs on native TensorFlow, wasm and cpu.
 *
 * - `test/plain/` (and `bench/plain/`): needs no backend, runs once
 * - `test/pipeline/`: whole pipelines; `npm test` runs them on tensorflow and wasm, `npm run test:full` also on cpu
 * - `*.full.test.ts`, anywhere: `npm run test:full` only
 *
 * `FIN_BACKENDS=tensorflow,wasm` selects backends. A backend that is missing is named on stderr and skipped.
 *
 * With `isolate: false` among the overrides, the test files of a backend share one process and load TensorFlow once. That suits packages
 * whose tests leave no state behind. Files that need a fresh process all the same (they mock modules, say) are named in `isolated` and
 * run in the projects `tensorflow-isolated`, `wasm-isolated` and so on.
 *
 * `loader` is the module that loads the backend in each test process (default: the build of @fin/runtime). The files of `test/plain/` share
 * a process too, so that what they import is loaded once; `isolatePlain: true` gives each its own, for files that mock modules.
 */
export async function backendTests(
  overrides = {},
  { loader = setupFile, isolated = [], isolatePlain = false } = {},
) {
  const requireFromPackage = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
  const { findBackends } = await import(pathToFileURL(requireFromPackage.resolve('@fin/runtime')).href);
  const wanted = process.env.FIN_BACKENDS?.split(',').map((name) => name.trim());
  const projects = [];
  for (const { name, available, reason } of await findBackends()) {
    if (wanted && !wanted.includes(name)) continue;
    if (!available) {
      console.error(`skipping every test on the backend "${name}": ${reason}`);
      continue;
    }
    const backend = {
      ...shared,
      ...overrides,
      env: { FIN_BACKEND: name, ...overrides.env },
      setupFiles: [...shared.setupFiles, loader, ...(overrides.setupFiles ?? [])],
    };
    const exclude = ['test/plain/**', ...fullOnly, ...pipelines(name)];
    projects.push({ test: { ...backend, name, exclude: [...exclude, ...isolated] } });
    if (isolated.length > 0) {
      projects.push({
        test: { ...backend, name: `${name}-isolated`, isolate: true, include: isolated, exclude },
      });
    }
  }
  const plain = {
    isolate: isolatePlain,
    include: ['test/plain/**/*.test.ts'],
    benchmark: { include: ['bench/plain/**/*.bench.ts'] },
  };
  projects.push({ test: { ...shared, ...overrides, name: 'plain', ...plain } });
  return defineConfig({ test: { ...reporting, projects } });
}
