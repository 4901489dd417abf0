import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { inRoot, StepFailed } from './step.mjs';

/**
 * Each step of the study is a task of turbo. Its variable (`STUDY_FINETUNE`, ...) holds the options of its `fin` command as a JSON list
 * and belongs to the hash of this task alone, so that a changed setting repeats only what depends on it.
 */

const PRESETS = ['quick', 'full'];

/** File of Financial PhraseBank that is used when it lies beside the Kaggle files. */
const SENTENCES = 'Sentences_50Agree.txt';

const USAGE =
  'usage: npm run study [-- --data DIR] [--sentences FILE] [--model DIR|NAME] [--preset quick|full]\n' +
  `--sentences is ${SENTENCES} in the folder of --data if it is there; --model is a folder, or the name of a model on the hub`;

/** Settings of a preset. */
export const readPreset = (name) =>
  JSON.parse(readFileSync(inRoot('tooling', 'bootstrap', 'presets', `${name}.json`), 'utf8'));

/** Names that can be those of models on the hub, such as `ProsusAI/finbert`; `@fin/sources` knows the whole rules. */
const HUB_NAME = /^\w[\w.-]*(\/\w[\w.-]*)?(@[\w./-]+)?$/;

/**
 * Options of `npm run study`, with absolute paths. Needs no dependency, so that a wrong command line is refused before any work.
 *
 * @returns {{ preset: string, data?: string, sentences?: string, model?: string }} the model is a folder, or a name for `hubFolder`
 */
export function studyOptions(args, env = process.env) {
  const text = { type: 'string' };
  let values;
  try {
    values = parseArgs({ args, options: { data: text, sentences: text, model: text, preset: text } }).values;
  } catch (error) {
    throw new StepFailed(`${error.message}\n${USAGE}`, 2);
  }
  const { preset = 'quick' } = values;
  if (!PRESETS.includes(preset)) {
    throw new StepFailed(`there is no preset "${preset}": one of ${PRESETS.join(', ')}\n${USAGE}`, 2);
  }
  const path = (name) => (name ? resolve(env.INIT_CWD ?? process.cwd(), name) : undefined);
  const data = path(values.data ?? env.FIN_DATA);
  const beside = data && existsSync(join(data, SENTENCES)) ? join(data, SENTENCES) : undefined;
  const folder = path(values.model);
  const isName = folder && !existsSync(folder) && HUB_NAME.test(values.model);
  const model = isName ? values.model : folder;
  const options = { preset, data, sentences: path(values.sentences) ?? beside, model };
  for (const name of ['sentences', 'model']) {
    if (options[name] && !(name === 'model' && isName) && !existsSync(options[name])) {
      throw new StepFailed(`--${name}: there is no ${options[name]}\n${USAGE}`, 2);
    }
  }
  if (options.sentences && !options.model) {
    throw new StepFailed(
      `sentences need a model to fine-tune: give its folder or its name on the hub with --model\n${USAGE}`,
      2,
    );
  }
  return options;
}

/** sha256 of a file, or of all files of a folder with their names. */
function fingerprint(path) {
  const hash = createHash('sha256');
  const visit = (file, name) => {
    if (!statSync(file).isDirectory()) return hash.update(`${name}\n`).update(readFileSync(file));
    for (const each of readdirSync(file).sort()) visit(join(file, each), `${name}/${each}`);
  };
  visit(path, '');
  return hash.digest('hex');
}

const optionList = (settings) =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** Options of a comparison, on a random encoder without a model. */
const compareOptions = ({ compare, randomEncoder }, model) => [
  ...optionList(compare),
  ...(model ? ['--model', model] : ['--random-encoder', randomEncoder]),
];

/**
 * The folder of a model: the one that is named, or that of the model of this name in the hub cache.
 *
 * @param {string} model of {@link studyOptions}
 * @param {(name: string) => Promise<{ dir: string }>} findModel of `@fin/sources`
 */
export async function modelFolder(model, findModel) {
  if (existsSync(model)) return model;
  try {
    return (await findModel(model)).dir;
  } catch (error) {
    if (error.kind !== 'input') throw error;
    throw new StepFailed(
      `--model: there is no folder ${model}, and ${error.problem ?? error.message}. Fetch a model of the hub with: npm run -s fin -- model pull ${model}`,
      2,
    );
  }
}

/**
 * Variables of the study's tasks.
 *
 * @param {{ preset: string, sentences?: string, model?: string }} options of {@link studyOptions}; the model is a folder
 * @returns {Record<string, string>}
 */
export function studyEnvironment({ preset: name, sentences, model }) {
  const preset = readPreset(name);
  const steps = {
    FINETUNE: sentences && ['--data', sentences, '--model', model, ...optionList(preset.finetune)],
    COMPARE: [...compareOptions(preset, model), ...(sentences ? ['--sentences', sentences] : [])],
    ABLATE: [
      ...optionList(preset.ablate),
      ...(sentences ? ['--model', 'runs/study-finetune'] : []),
      '--variants',
      preset.variants[sentences ? 'withModel' : 'withoutModel'],
    ],
  };
  const runs = Object.keys(steps).filter((step) => steps[step]);
  return {
    ...Object.fromEntries(runs.map((step) => [`STUDY_${step}`, JSON.stringify(steps[step])])),
    STUDY_RUNS: runs.map((step) => `study-${step.toLowerCase()}`).join(' '),
    ...(model && { STUDY_MODEL_KEY: fingerprint(model) }),
    ...(sentences && { STUDY_SENTENCES_KEY: fingerprint(sentences) }),
  };
}

/** Variables of the demo's comparison. */
export const demoEnvironment = () => ({
  STUDY_COMPARE: JSON.stringify(['--job', 'forecast', ...compareOptions(readPreset('demo'))]),
});
