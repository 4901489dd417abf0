import { describe, expect, it } from 'vitest';
import { DataInputError, loadSentences, parseLabelNames, splitSentences } from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const bank = [
  'Profit rose to EUR 5 mn .@positive',
  'Mail info@example.org for more .@neutral',
  'Zo\u00eb sells .@negative',
  'Profit rose to EUR 5 mn .@positive',
  'Unclear .@neutral',
  'Unclear .@positive',
].join('\n');
const write = (content: string | Buffer): string => `${temporaryFolder({ 'bank.txt': content })}/bank.txt`;

describe('loadSentences', () => {
  it('reads ISO-8859-1, and tells what it leaves out', async () => {
    const expected = {
      sentences: [
        { text: 'Profit rose to EUR 5 mn .', label: 'positive', line: 1 },
        { text: 'Mail info@example.org for more .', label: 'neutral', line: 2 },
        { text: 'Zo\u00eb sells .', label: 'negative', line: 3 },
      ],
      lines: 6,
      duplicates: [{ text: 'Profit rose to EUR 5 mn .', lines: [1, 4] }],
      conflicts: [{ text: 'Unclear .', labels: ['neutral', 'positive'], lines: [5, 6] }],
    };
    expect(await loadSentences(write(Buffer.from(bank, 'latin1')))).toMatchObject(expected);
    expect(
      await loadSentences(write(Buffer.from(`${bank.replaceAll('\n', '\r\n')}\r\n`, 'latin1'))),
    ).toMatchObject(expected);
  });

  it.each([
    [
      'a label there is not',
      bank.replace('@negative', '@bad'),
      ', line 3: the line is not sentence@label: "Zo\u00eb sells .@bad". Each line ends in @ and one of positive, negative, neutral.',
    ],
    [
      'no label',
      bank.replace('@negative', ''),
      ', line 3: the line is not sentence@label: "Zo\u00eb sells .".',
    ],
    [
      'no sentence',
      bank.replace('Zo\u00eb sells .', ''),
      ', line 3: the line is not sentence@label: "@negative".',
    ],
    ['a cut last line', bank.slice(0, -4), ', line 6: the line is not sentence@label: "Unclear .@posi".'],
    ['UTF-16', Buffer.from(bank, 'utf16le'), ', line 1: is not UTF-8 text; it looks like UTF-16.'],
    ['blank lines', '\n\n', ', line 1: holds only blank lines. Download it again.'],
    ['nothing', '', ': is empty. Download or write it again.'],
  ])('refuses %s', async (_what, content, message) => {
    const file = write(typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
    await expect(loadSentences(file)).rejects.toThrow(`${file}${message}`);
    await expect(loadSentences(file)).rejects.toBeInstanceOf(DataInputError);
  });
});

describe('tables of labelled sentences', () => {
  const labelled = [
    ['Profit rose .', 'positive'],
    ['Sales, they say, fell .', 'negative'],
    ['The office moved .', 'neutral'],
  ] as const;
  const quoted = (text: string): string => (text.includes(',') ? `"${text}"` : text);
  const expected = labelled.map(([text, label]) => ({ text, label }));

  it.each([
    ['no header, label first', labelled.map(([text, label]) => `${label},${quoted(text)}`).join('\n')],
    ['no header, text first', labelled.map(([text, label]) => `${quoted(text)},${label}`).join('\n')],
    [
      "finBERT's tabs",
      ['\ttext\tlabel', ...labelled.map(([text, label], i) => `${i}\t${text}\t${label}`)].join('\n'),
    ],
    [
      'capital letters, spaces and semicolons',
      ['Sentence;Sentiment', ...labelled.map(([text, label]) => `${text}; ${label.toUpperCase()} `)].join(
        '\r\n',
      ),
    ],
    ['JSON Lines', labelled.map(([text, label]) => JSON.stringify({ label, sentence: text })).join('\n')],
    [
      'bullish and bearish',
      [
        'text,label',
        ...labelled.map(
          ([text, label]) =>
            `${quoted(text)},${{ positive: 'Bullish', negative: 'Bearish', neutral: 'Neutral' }[label]}`,
        ),
      ].join('\n'),
    ],
  ])('are read: %s', async (_, content) => {
    const { sentences, warnings } = await loadSentences(write(content));
    expect(sentences.map(({ text, label }) => ({ text, label }))).toEqual(expected);
    expect(warnings).toEqual(labelled.map(([, label]) => `only 1 of 3 sentences is ${label}`));
  });

  const numeric = 'sentence,label\nProfit rose .,2\n"Sales, they say, fell .",0\nThe office moved .,1\n';

  it('need names for numbers', async () => {
    const file = write(numeric);
    await expect(loadSentences(file)).rejects.toThrow(
      `${file}, line 2, column "label": the labels are numbers (0, 1, 2), and the file does not say what they mean. Give their names, for example --labels 0=negative,1=neutral,2=positive.`,
    );
    const labels = parseLabelNames('0=negative, 1=neutral, 2=positive');
    const { sentences, mapping } = await loadSentences(file, { labels });
    expect(sentences.map(({ text, label }) => ({ text, label }))).toEqual(expected);
    expect(mapping).toEqual({ 0: 'negative', 1: 'neutral', 2: 'positive' });
    const floats = write(numeric.replaceAll(/,(\d)\n/g, ',$1.0\n'));
    expect((await loadSentences(floats, { labels })).sentences).toHaveLength(3);
    expect(() => parseLabelNames('0=bad')).toThrow('"0=bad" is not a label and its meaning');
  });

  it('warn of a class that never occurs, and mix', async () => {
    const one = await loadSentences(write('Profit rose .@positive\nThe office moved .@neutral\n'));
    expect(one.warnings).toContain(
      'no sentence is negative: a model cannot learn this class, or be measured on it',
    );
    const labels = parseLabelNames('0=negative,1=neutral,2=positive');
    const mixed = await loadSentences(
      [write('Profit rose .@positive\nAll fell .@negative\n'), write(numeric)],
      { labels },
    );
    expect(mixed.sentences).toHaveLength(4);
    expect(mixed.duplicates).toEqual([{ text: 'Profit rose .', lines: [1, 2] }]);
    expect(mixed.files).toHaveLength(2);
  });
});

describe('splitSentences', () => {
  const items = Array.from({ length: 101 }, (_, i) => i);

  it('has the sizes of train_test_split, each item once', () => {
    const { train, validation, test } = splitSentences(items);
    expect([train.length, validation.length, test.length]).toEqual([72, 8, 21]);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(items);
  });

  it('depends on the seed alone', () => {
    expect(splitSentences(items, { seed: 3 })).toEqual(splitSentences(items, { seed: 3 }));
    expect(splitSentences(items, { seed: 3 }).test).not.toEqual(splitSentences(items, { seed: 4 }).test);
  });

  it('refuses impossible shares', () => {
    expect(() => splitSentences(items, { testShare: 1 })).toThrow(
      'testShare is 1. Give a share between 0 and 1, such as 0.2.',
    );
    expect(() => splitSentences([1, 2])).toThrow('2 sentences leave none to train on. Give more sentences.');
  });
});
