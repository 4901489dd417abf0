import { createRequire } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { afterAll, vi } from 'vitest';

const requireFromPackage = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { installedInterceptors, loadTensorFlow } = await import(
  pathToFileURL(requireFromPackage.resolve('@fin/runtime')).href
);

const wanted = process.env.FIN_BACKEND;
const runtime = await loadTensorFlow({ backend: wanted });
if (runtime.backend !== wanted) {
  throw new Error(
    `asked for the backend "${wanted}" and got "${runtime.backend}": these tests would prove nothing`,
  );
}

/** Installed by `loadKernels` once, for as long as the process runs. */
const PERMANENT = new Set(['@fin/kernels: bfloat16 products', '@fin/kernels: packed weights']);

// Test files may share this process: the next one starts with the same environment and without interceptors.
const environment = { ...process.env };
afterAll(() => {
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  const left = installedInterceptors().filter((name) => !PERMANENT.has(name));
  if (left.length > 0) throw new Error(`this file leaves interceptors installed: ${left.join(', ')}`);
});
