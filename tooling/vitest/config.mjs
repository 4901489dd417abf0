import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';

const setupFile = fileURLToPath(new URL('./setup-backend.mjs', import.meta.url));

/** Options every test file here shares. Forks, because the native binding belongs to one thread of a process. */
const shared = {
  include: ['test/**/*.test.ts'],
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 180_000,
};

/** The results file is what `npm test` sums up over all packages. */
const reporting = {
  reporters: ['default', ['json', { outputFile: '.fin/test-results.json' }]],
  passWithNoTests: true,
};

/** Test configuration of a package that never touches a tensor. */
export function plainTests(overrides = {}) {
  return defineConfig({ test: { ...reporting, ...shared, ...overrides } });
}

/**
 * Test configuration of a package that computes: one vitest project per backend found on this machine, so that the same
 * suite runs over native TensorFlow, wasm and cpu. Tests in `test/plain/` (and benchmarks in
 * `bench/plain/`) need no backend and run once.
 *
 * `FIN_BACKENDS=tensorflow,wasm` narrows the list. A backend that is not there is named on stderr and left out.
 *
 * `loader` is the module that loads the backend in each test process: @fin/runtime's build, unless the package says otherwise.
 */
export async function backendTests(overrides = {}, { loader = setupFile } = {}) {
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
    projects.push({
      test: {
        ...shared,
        ...overrides,
        name,
        exclude: ['test/plain/**'],
        env: { FIN_BACKEND: name, ...overrides.env },
        setupFiles: [loader, ...(overrides.setupFiles ?? [])],
      },
    });
  }
  const plain = {
    include: ['test/plain/**/*.test.ts'],
    benchmark: { include: ['bench/plain/**/*.bench.ts'] },
  };
  projects.push({ test: { ...shared, ...overrides, name: 'plain', ...plain } });
  return defineConfig({ test: { ...reporting, projects } });
}
