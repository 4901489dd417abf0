import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { demoEnvironment, modelFolder, studyEnvironment, studyOptions } from '../study-environment.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fin-study-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'config.json'), '{}');
});

const options = (text) => JSON.parse(text);

/** The variables for a command line. */
const variables = (args, env = {}) => studyEnvironment(studyOptions(args, env));

describe('the study', () => {
  it('needs nothing: without a model it compares on a random encoder, and fine-tunes none', () => {
    const env = variables([]);
    expect(studyOptions([], {}).data).toBeUndefined();
    expect(Object.keys(env)).toEqual(['STUDY_COMPARE', 'STUDY_ABLATE', 'STUDY_RUNS']);
    expect(options(env.STUDY_COMPARE)).toEqual(expect.arrayContaining(['--random-encoder', 'tiny']));
    expect(env.STUDY_RUNS).toBe('study-compare study-ablate');
  });

  it('fine-tunes on the sentences beside the data, and reads headlines with the result', () => {
    writeFileSync(join(folder, 'Sentences_50Agree.txt'), 'a@neutral\n');
    const model = basename(folder);
    const args = ['--data', folder, '--model', model];
    const env = variables(args, { INIT_CWD: dirname(folder) });
    expect(studyOptions(args, { INIT_CWD: dirname(folder) }).data).toBe(folder);
    const sentences = join(folder, 'Sentences_50Agree.txt');
    expect(options(env.STUDY_FINETUNE).slice(0, 4)).toEqual(['--data', sentences, '--model', folder]);
    expect(options(env.STUDY_ABLATE)).toEqual(expect.arrayContaining(['--model', 'runs/study-finetune']));
    expect(env.STUDY_RUNS).toBe('study-finetune study-compare study-ablate');
  });

  it('has another variable only for the steps that read what changed', () => {
    const sentences = join(folder, 'sentences.txt');
    writeFileSync(sentences, 'a@neutral\n');
    const args = ['--sentences', sentences, '--model', folder];
    const before = variables(args);
    writeFileSync(sentences, 'b@neutral\n');
    writeFileSync(join(folder, 'vocab.txt'), 'x');
    const after = variables(args);
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    expect(changed).toEqual(['STUDY_MODEL_KEY', 'STUDY_SENTENCES_KEY']);
    const full = variables([...args, '--preset', 'full']);
    expect(Object.keys(before).filter((name) => after[name] !== full[name])).toEqual([
      'STUDY_FINETUNE',
      'STUDY_COMPARE',
      'STUDY_ABLATE',
    ]);
  });

  it.each([
    [['--preset', 'best'], 'there is no preset "best": one of quick, full'],
    [['--model', '/nowhere'], '--model: there is no /nowhere'],
    [['--model', '../nowhere'], '--model: there is no '],
    [['--dta', 'x'], 'usage: npm run study'],
  ])('refuses %j before any work', (args, message) => {
    expect(() => studyOptions(args, {})).toThrow(message);
  });

  describe('with the name of a model on the hub', () => {
    const NAME = 'ProsusAI/finbert@main';

    it('takes its folder in the hub cache', async () => {
      const found = studyOptions(['--model', NAME], { INIT_CWD: folder });
      expect(found.model).toBe(NAME);
      const asked = [];
      const model = await modelFolder(found.model, async (name) => {
        asked.push(name);
        return { dir: folder };
      });
      expect(asked).toEqual([NAME]);
      expect(options(studyEnvironment({ ...found, model }).STUDY_COMPARE)).toEqual(
        expect.arrayContaining(['--model', folder]),
      );
    });

    it('gives way to a folder of this name, and says how to fetch what is missing', async () => {
      mkdirSync(join(folder, 'ProsusAI/finbert'), { recursive: true });
      expect(studyOptions(['--model', 'ProsusAI/finbert'], { INIT_CWD: folder }).model).toBe(
        join(folder, 'ProsusAI/finbert'),
      );
      const missing = async () => {
        throw Object.assign(new Error('fetch it'), {
          kind: 'input',
          problem: `${NAME} is not in the hub cache`,
        });
      };
      await expect(modelFolder(NAME, missing)).rejects.toThrow(
        `there is no folder ${NAME}, and ${NAME} is not in the hub cache. Fetch a model of the hub with: npm run -s fin -- model pull ${NAME}`,
      );
    });
  });

  it('refuses sentences without a model to fine-tune', () => {
    expect(() => studyOptions(['--sentences', folder], {})).toThrow('sentences need a model to fine-tune');
  });
});

it('the demo compares the variants at both ends on a tiny random encoder', () => {
  expect(options(demoEnvironment().STUDY_COMPARE)).toEqual(
    expect.arrayContaining(['--variants', 'full-fp32,lora-amp', '--random-encoder', 'tiny']),
  );
});
