import { existsSync } from 'node:fs';
import process from 'node:process';
import { dataEnvironment, machineEnvironment } from '../environment.mjs';
import { inRoot, runCommand, StepFailed, say } from '../step.mjs';
import { runSetup } from './setup.mjs';

/** Runs a task of turbo on the data that `--data DIR`, else `FIN_DATA`, names; else on the bundled synthetic market. */
async function runOnData(task, name, args) {
  await runSetup();
  const env = { ...(await machineEnvironment()), ...(await dataEnvironment(name, args)) };
  const { code } = await runCommand('turbo', ['run', task, '--output-logs=new-only', '--log-prefix=none'], {
    env,
  });
  if (code !== 0) throw new StepFailed(`fin: ${name} stopped (see above).`, code);
}

/** Trains and evaluates. */
export async function runTrain(args) {
  await runOnData('train', 'train', args);
  return 0;
}

/** Writes the report of the training, which runs first unless turbo has its result for the same inputs. */
export async function runReport(args, name = 'report') {
  await runOnData('report', name, args);
  const report = inRoot('apps', 'report', 'out', 'report', 'index.html');
  if (!existsSync(report)) throw new StepFailed(`fin: the report is not at ${report}`);
  say('the report is written; open it in a browser:');
  process.stdout.write(`${report}\n`);
  return 0;
}

/** Shows the whole study: training, evaluation, report. */
export const runDemo = (args) => runReport(args, 'demo');
