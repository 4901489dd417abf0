// Runs command lines of `fin` in this process, one after the other: a JSON array per line of stdin, a JSON result per line of
// stdout. Loads the backend first, so that FIN_CACHE_DIR can then be a folder that is thrown away.
//   node run-lines.mjs WORKING_FOLDER CACHE_FOLDER
import process from 'node:process';
import { createInterface } from 'node:readline';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow } from '@fin/runtime';
import { main } from '../../dist/index.js';

const [folder, cache] = process.argv.slice(2);
const { backend } = await loadTensorFlow();
if (backend === 'tensorflow') await loadKernels();
process.chdir(folder);
process.env.FIN_CACHE_DIR = cache;
process.env.FIN_DATA = 'market';
let crash = null;
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    crash = `${event}: ${error?.stack ?? error}`;
  });
}
for await (const line of createInterface({ input: process.stdin })) {
  let stdout = '';
  let stderr = '';
  const result = { code: null };
  try {
    result.code = await main(JSON.parse(line), {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    });
  } catch (error) {
    crash = `main threw: ${error?.stack ?? error}`;
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.stdout.write(
    `${JSON.stringify({ ...result, stdout: stdout.slice(0, 10_000_000), stderr, crash })}\n`,
  );
  crash = null;
}
