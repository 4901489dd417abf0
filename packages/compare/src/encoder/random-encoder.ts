import { sentimentLabels } from '@fin/data';
import { BertForSequenceClassification, createConfig, saveBert } from '@fin/finbert-lora';
import { BertTokenizer, buildVocabulary } from '@fin/finbert-lora/tokenizer';
import { randomStreams } from '@fin/runtime';

/** Shapes of BERT with random weights: layers and width of the published BERT-tiny to BERT-base (Turc et al., 2019). */
const SHAPES = {
  tiny: { layers: 2, width: 128 },
  mini: { layers: 4, width: 256 },
  small: { layers: 4, width: 512 },
  medium: { layers: 8, width: 512 },
  base: { layers: 12, width: 768 },
} as const;

export type RandomEncoderName = keyof typeof SHAPES;

export const randomEncoderNames: readonly [RandomEncoderName, ...RandomEncoderName[]] = Object.keys(
  SHAPES,
) as [RandomEncoderName, ...RandomEncoderName[]];

/** Rows of the word embedding, as in BERT. The vocabulary is smaller; `[unusedN]` fills the rest, as in BERT's own. */
const VOCABULARY_SIZE = 30_522;

const WIDTH_PER_HEAD = 64;

/**
 * Writes an encoder with random weights and a vocabulary of these texts, to measure costs at the size of a published BERT.
 *
 * @param dir a folder that does not exist or is empty
 */
export async function writeRandomEncoder(
  name: RandomEncoderName,
  texts: Iterable<string>,
  dir: string,
): Promise<void> {
  const { layers, width } = SHAPES[name];
  const words = buildVocabulary(texts, { size: VOCABULARY_SIZE });
  const unused = Array.from({ length: VOCABULARY_SIZE - words.length }, (_, i) => `[unused${i}]`);
  const tokenizer = BertTokenizer.fromVocab([...words, ...unused], { maxLength: 512 });
  const config = createConfig({
    vocabSize: VOCABULARY_SIZE,
    hiddenSize: width,
    numHiddenLayers: layers,
    numAttentionHeads: width / WIDTH_PER_HEAD,
    intermediateSize: 4 * width,
    id2label: sentimentLabels,
  });
  const model = new BertForSequenceClassification(config, { init: randomStreams(1).stream('encoder') });
  try {
    await saveBert(model, tokenizer, dir);
  } finally {
    model.dispose();
  }
}
