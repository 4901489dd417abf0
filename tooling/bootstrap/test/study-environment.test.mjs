import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { demoEnvironment, studyEnvironment } from '../study-environment.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fin-study-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'config.json'), '{}');
});

const options = (text) => JSON.parse(text);

describe('the study', () => {
  it('needs nothing: without a model it compares on a random encoder, and fine-tunes none', () => {
    const { data, env } = studyEnvironment([], {});
    expect(data).toBeUndefined();
    expect(Object.keys(env)).toEqual(['STUDY_COMPARE', 'STUDY_ABLATE', 'STUDY_RUNS']);
    expect(options(env.STUDY_COMPARE)).toEqual(expect.arrayContaining(['--random-encoder', 'tiny']));
    expect(env.STUDY_RUNS).toBe('study-compare study-ablate');
  });

  it('fine-tunes on the sentences beside the data, and reads headlines with the result', () => {
    writeFileSync(join(folder, 'Sentences_50Agree.txt'), 'a@neutral\n');
    const model = basename(folder);
    const { data, env } = studyEnvironment(['--data', folder, '--model', model], {
      INIT_CWD: dirname(folder),
    });
    expect(data).toBe(folder);
    const sentences = join(folder, 'Sentences_50Agree.txt');
    expect(options(env.STUDY_FINETUNE).slice(0, 4)).toEqual(['--data', sentences, '--model', folder]);
    expect(options(env.STUDY_ABLATE)).toEqual(expect.arrayContaining(['--model', 'runs/study-finetune']));
    expect(env.STUDY_RUNS).toBe('study-finetune study-compare study-ablate');
  });

  it('has another variable only for the steps that read what changed', () => {
    const sentences = join(folder, 'sentences.txt');
    writeFileSync(sentences, 'a@neutral\n');
    const args = ['--sentences', sentences, '--model', folder];
    const before = studyEnvironment(args, {}).env;
    writeFileSync(sentences, 'b@neutral\n');
    writeFileSync(join(folder, 'vocab.txt'), 'x');
    const after = studyEnvironment(args, {}).env;
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    expect(changed).toEqual(['STUDY_MODEL_KEY', 'STUDY_SENTENCES_KEY']);
    const full = studyEnvironment([...args, '--preset', 'full'], {}).env;
    expect(Object.keys(before).filter((name) => after[name] !== full[name])).toEqual([
      'STUDY_FINETUNE',
      'STUDY_COMPARE',
      'STUDY_ABLATE',
    ]);
  });

  it.each([
    [['--preset', 'best'], 'there is no preset "best": one of quick, full'],
    [['--model', '/nowhere'], '--model: there is no /nowhere'],
    [['--dta', 'x'], 'usage: npm run study'],
  ])('refuses %j before any work', (args, message) => {
    expect(() => studyEnvironment(args, {})).toThrow(message);
  });

  it('refuses sentences without a model to fine-tune', () => {
    expect(() => studyEnvironment(['--sentences', folder], {})).toThrow(
      'sentences need a model to fine-tune',
    );
  });
});

it('the demo compares the variants at both ends on a tiny random encoder', () => {
  expect(options(demoEnvironment().STUDY_COMPARE)).toEqual(
    expect.arrayContaining(['--variants', 'full-fp32,lora-amp', '--random-encoder', 'tiny']),
  );
});
