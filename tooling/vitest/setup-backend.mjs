import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const requireFromPackage = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { loadTensorFlow } = await import(pathToFileURL(requireFromPackage.resolve('@fin/runtime')).href);

const wanted = process.env.FIN_BACKEND;
const runtime = await loadTensorFlow({ backend: wanted });
if (runtime.backend !== wanted) {
  throw new Error(
    `asked for the backend "${wanted}" and got "${runtime.backend}": these tests would prove nothing`,
  );
}
