import { existsSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { dataEnvironment, machineEnvironment } from '../environment.mjs';
import { inRoot, runCommand, StepFailed, say } from '../step.mjs';
import { demoEnvironment, modelFolder, studyEnvironment, studyOptions } from '../study-environment.mjs';
import { runSetup } from './setup.mjs';

/** One after another: two trainings at once would slow each other, and the study measures time. */
const TURBO = ['--output-logs=new-only', '--log-prefix=none', '--concurrency=1'];

/**
 * Runs a task of turbo on the data that `--data DIR`, else `FIN_DATA`, names; else on the bundled synthetic market.
 *
 * @param {() => Promise<Record<string, string>>} [study] variables of the study's tasks; asked after the set-up
 */
async function runOnData(task, name, args, study = async () => ({})) {
  await runSetup();
  const env = { ...(await machineEnvironment()), ...(await dataEnvironment(name, args)), ...(await study()) };
  const { code } = await runCommand('turbo', ['run', task, ...TURBO], { env });
  if (code !== 0) {
    throw new StepFailed(
      `fin: ${name} stopped (see above). The same command goes on with what is finished.`,
      code,
    );
  }
}

/** Prints where the report of a task is. */
function showReport(task) {
  const report = inRoot('apps', 'report', 'out', task, 'index.html');
  if (!existsSync(report)) throw new StepFailed(`fin: the report is not at ${report}`);
  say('the report is written; open it in a browser:');
  process.stdout.write(`${report}\n`);
  return 0;
}

/** Trains and evaluates. */
export async function runTrain(args) {
  await runOnData('train', 'train', args);
  return 0;
}

/** Writes the report of the training, which runs first unless turbo has its result for the same inputs. */
export async function runReport(args) {
  await runOnData('report', 'report', args);
  return showReport('report');
}

/** Trains and evaluates, compares two ways to train a tiny encoder, and writes the report. */
export async function runDemo(args) {
  await runOnData('demo', 'demo', args, async () => demoEnvironment());
  return showReport('demo');
}

/** `findModel` of `@fin/sources`, which the set-up has built. */
const findModel = async (name) => {
  const { href } = pathToFileURL(inRoot('packages', 'sources', 'dist', 'index.js'));
  return (await import(href)).findModel(name);
};

/** The whole study: fine-tuning, comparison, walk-forward with parts left out, report. */
export async function runStudy(args) {
  const options = studyOptions(args);
  const { data, model } = options;
  await runOnData('study', 'study', data ? ['--data', data] : [], async () => {
    const folder = model && (await modelFolder(model, findModel));
    return studyEnvironment({ ...options, model: folder });
  });
  return showReport('study');
}
