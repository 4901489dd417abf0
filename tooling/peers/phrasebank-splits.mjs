/**
 * Prints the sentences of Financial PhraseBank in the parts that `fin finetune --split-seed SEED` makes, as JSON.
 *
 * Run: node tooling/peers/phrasebank-splits.mjs Sentences_50Agree.txt 1 > splits.json
 */
import { loadSentences, splitSentences } from '../../packages/data/dist/index.js';

const [file, seed] = process.argv.slice(2);
const { sentences } = await loadSentences(file);
console.log(JSON.stringify(splitSentences(sentences, { seed: Number(seed) })));
