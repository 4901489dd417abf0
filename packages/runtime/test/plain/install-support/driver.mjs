/** Runs an installation in a process of its own, as the command does, with the pins of the test. */
import { cacheLayout } from '../../../dist/install/cache-layout.js';
import { runJob } from '../../../dist/install/install-tensorflow.js';

const job = JSON.parse(process.env.FAKE_JOB, (key, value) => (key === 'take' ? new RegExp(value) : value));
const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
try {
  const outcome = await runJob({
    ...job,
    layout: cacheLayout(),
    signal: controller.signal,
    report: (event) => event.kind !== 'progress' && console.error(event.text),
  });
  console.log(JSON.stringify(outcome));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, kind: error.kind, message: error.message }));
  process.exitCode = error.name === 'InstallInterrupted' ? 130 : 2;
}
