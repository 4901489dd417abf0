import { join } from 'node:path';
import type { LabelledSentence, LabelledSentences, SentimentLabel } from '@fin/data';
import { BertForSequenceClassification, createConfig, saveBert } from '@fin/finbert-lora';
import { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { randomStreams } from '@fin/runtime';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const tones: Readonly<Record<SentimentLabel, readonly string[]>> = {
  positive: ['rose', 'profit', 'record'],
  negative: ['fell', 'loss', 'warning'],
  neutral: ['met', 'named', 'board'],
};
const filler = ['the', 'company', 'shares', 'today', 'group', 'quarter'];
const vocabulary = [...special, ...Object.values(tones).flat(), ...filler];

/** Writes a BERT of 2 small layers with random weights. @returns its folder */
export async function writeTinyBert(folder: string, id2label: readonly string[]): Promise<string> {
  const config = createConfig({
    vocabSize: vocabulary.length,
    hiddenSize: 16,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 32,
    maxPositionEmbeddings: 16,
    initializerRange: 0.2,
    id2label,
  });
  const dir = join(folder, `tiny-${id2label.join('-')}`);
  const model = new BertForSequenceClassification(config, { init: randomStreams(3).stream('init') });
  await saveBert(model, BertTokenizer.fromVocab(vocabulary, { maxLength: 16 }), dir);
  model.dispose();
  return dir;
}

/** Sentences whose class is that of one word in them; the classes are of unequal size. */
export function tinyBank(size = 150): LabelledSentences {
  const classes: SentimentLabel[] = ['neutral', 'positive', 'neutral', 'negative', 'neutral'];
  const sentences = Array.from({ length: size }, (_, i): LabelledSentence => {
    const label = classes[i % classes.length];
    const words = [
      filler[i % 6],
      tones[label][i % 3],
      filler[(i * 5 + 1) % 6],
      filler[Math.floor(i / 6) % 6],
    ];
    return { text: words.join(' '), label, line: i + 1 };
  });
  return { sentences, lines: size, duplicates: [], conflicts: [], mapping: {}, warnings: [], files: [] };
}
