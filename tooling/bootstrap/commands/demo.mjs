import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { StepFailed } from '../step-failed.mjs';
import { tensorFlowKey } from '../steps/native.mjs';
import { inRoot } from '../workspace.mjs';
import { runSetup } from './setup.mjs';

const fin = inRoot('apps', 'cli', 'bin', 'fin.js');

function dataFolder(args) {
  try {
    const { data } = parseArgs({ args, options: { data: { type: 'string' } } }).values;
    return data === undefined ? undefined : resolve(process.env.INIT_CWD ?? process.cwd(), data);
  } catch (error) {
    throw new StepFailed(`${error.message}\nusage: npm run demo [-- --data DIR]`, 2);
  }
}

/** Checks the data, so that a bad file ends here in its own message, and returns what identifies their content. */
async function fingerprint(data) {
  const args = [fin, 'data', 'check', '--json', ...(data ? ['--data', data] : [])];
  const { code, output } = await runCommand(process.execPath, args, { capture: true });
  if (code !== 0) throw new StepFailed(output.trimEnd(), code);
  return JSON.parse(output).fingerprint;
}

/**
 * Trains, evaluates and reports, as turbo's cached tasks: `report` depends on `train`. On the bundled synthetic market, or on
 * the Kaggle files of `--data DIR`.
 */
export async function runDemo(args) {
  const data = dataFolder(args);
  await runSetup();
  const env = { FIN_DATA_FINGERPRINT: await fingerprint(data), FIN_TENSORFLOW_KEY: await tensorFlowKey() };
  if (data) env.FIN_DATA = data;
  const { code } = await runCommand(
    'turbo',
    ['run', 'report', '--output-logs=new-only', '--log-prefix=none'],
    {
      env,
    },
  );
  if (code !== 0) throw new StepFailed('fin: the demo stopped (see above).', code);
  const report = inRoot('apps', 'report', 'out', 'report.html');
  if (!existsSync(report)) throw new StepFailed(`fin: the report is not at ${report}`);
  say('the report is written; open it in a browser:');
  process.stdout.write(`${report}\n`);
  return 0;
}
