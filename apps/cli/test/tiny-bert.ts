import { writeFileSync } from 'node:fs';
import type { BertConfig } from '@fin/finbert-lora';
import { BertForSequenceClassification, createConfig, saveBert } from '@fin/finbert-lora';
import { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { loadTensorFlow, randomStreams } from '@fin/runtime';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = ['banks', 'rose', 'fell', 'met', 'profit', 'loss', 'board', 'the', 'today', 'group', 'shares'];

/** Writes a BERT with random weights, of one small layer unless sizes are given. */
export async function writeTinyBert(
  dir: string,
  id2label: readonly string[],
  sizes: Partial<BertConfig> = {},
): Promise<void> {
  await loadTensorFlow();
  const vocabulary = [...special, ...words];
  const config = createConfig({
    vocabSize: vocabulary.length,
    hiddenSize: 8,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 16,
    maxPositionEmbeddings: 16,
    id2label,
    ...sizes,
  });
  const model = new BertForSequenceClassification(config, { init: randomStreams(3).stream('init') });
  await saveBert(model, BertTokenizer.fromVocab(vocabulary, { maxLength: 16 }), dir);
  model.dispose();
}

/** Writes sentences as Financial PhraseBank has them. */
export function writeTinyBank(file: string): void {
  writeFileSync(file, `${tinyBank().join('\n')}\n`, 'latin1');
}

/** Meaning of the labels of {@link writeNumberedBank}, as a command line gives it. */
export const numberedLabels: readonly string[] = ['--labels', '0=negative,1=neutral,2=positive'];

/** Writes the same sentences as a table whose labels are numbers. */
export function writeNumberedBank(file: string): void {
  const names = ['negative', 'neutral', 'positive'];
  const rows = tinyBank().map((line) => {
    const [text, label] = line.split('@');
    return `${text},${names.indexOf(label)}`;
  });
  writeFileSync(file, `text,label\n${rows.join('\n')}\n`);
}

function tinyBank(): string[] {
  const kinds = [
    ['rose', 'positive'],
    ['fell', 'negative'],
    ['met', 'neutral'],
  ];
  return Array.from({ length: 60 }, (_, i) => {
    const [word, label] = kinds[i % 3];
    return `${words[7 + (i % 4)]} ${word} ${words[4 + (i % 3)]} number ${i}@${label}`;
  });
}
