/**
 * Makes the files that examples of READMEs and guides read: `example-inputs.mjs`, in an empty folder. Labelled sentences, a small encoder with random weights, and runs of
 * both kinds, under the names that the examples use.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { writeRandomEncoder } from '@fin/compare';
import { loadSentences, syntheticMarket } from '@fin/data';
import { evaluateRun, trainForecaster } from '@fin/forecast';
import { loadTensorFlow } from '@fin/runtime';
import { tuneSentiment } from '@fin/sentiment';

const WORDS = { positive: 'Profit rose', negative: 'Sales fell', neutral: 'The board met' };
const classes = Object.keys(WORDS);
const lines = Array.from({ length: 60 }, (_, i) => {
  const label = classes[i % classes.length];
  return `${WORDS[label]} in quarter ${i} .@${label}`;
});
writeFileSync('Sentences_50Agree.txt', `${lines.join('\n')}\n`);

const rows = lines.map((line) => line.replace('@', ','));
writeFileSync('sentences.csv', `text,label\n${rows.join('\n')}\n`);

const market = syntheticMarket({ days: 400 });
const csv = (table, names) => [names, ...table.objects().map((row) => names.map((name) => row[name]))];
const quoted = (cell) => (String(cell).includes(',') ? `"${cell}"` : cell);
const write = (file, cells) =>
  writeFileSync(file, cells.map((row) => `${row.map(quoted).join(',')}\n`).join(''));
write('prices.csv', csv(market.prices, ['date', 'open', 'high', 'low', 'close', 'volume']));
write('headlines.csv', csv(market.headlines, ['date', 'text']));

await loadTensorFlow();
const bank = await loadSentences('Sentences_50Agree.txt');
await writeRandomEncoder(
  'tiny',
  bank.sentences.map(({ text }) => text),
  'all-MiniLM-L6-v2',
);
await tuneSentiment({
  bank,
  modelDir: 'all-MiniLM-L6-v2',
  runDir: 'runs/sentiment/first',
  settings: { epochs: 1 },
});
cpSync('runs/sentiment/first', 'runs/my-tuning', { recursive: true });
await tuneSentiment({
  bank,
  modelDir: 'all-MiniLM-L6-v2',
  runDir: 'full',
  settings: { method: 'full', epochs: 1 },
});
cpSync('full/model', 'finbert', { recursive: true });
await trainForecaster({
  market: syntheticMarket({ signal: 0.01 }),
  runDir: 'runs/my-run',
  settings: { epochs: 1 },
});
await evaluateRun('runs/my-run');
