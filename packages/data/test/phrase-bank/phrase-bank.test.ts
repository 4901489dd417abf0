import { describe, expect, it } from 'vitest';
import { DataInputError, loadPhraseBank, splitPhraseBank } from '../../src/index.js';
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

describe('loadPhraseBank', () => {
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
    expect(await loadPhraseBank(write(Buffer.from(bank, 'latin1')))).toEqual(expected);
    expect(
      await loadPhraseBank(write(Buffer.from(`${bank.replaceAll('\n', '\r\n')}\r\n`, 'latin1'))),
    ).toEqual(expected);
  });

  const encoding = 'Use the file as published, in ISO-8859-1; `iconv -t ISO-8859-1` converts it back.';
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
    ['UTF-8', Buffer.from(bank, 'utf8'), `, line 3: is encoded as UTF-8. ${encoding}`],
    ['UTF-16', Buffer.from(bank, 'utf16le'), `, line 1: looks like UTF-16. ${encoding}`],
    ['blank lines', '\n\n', ', line 1: holds only blank lines. Download it again.'],
    ['nothing', '', ': is empty. Download or write it again.'],
  ])('refuses %s', async (_what, content, message) => {
    const file = write(typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
    await expect(loadPhraseBank(file)).rejects.toThrow(`${file}${message}`);
    await expect(loadPhraseBank(file)).rejects.toBeInstanceOf(DataInputError);
  });
});

describe('splitPhraseBank', () => {
  const items = Array.from({ length: 101 }, (_, i) => i);

  it('has the sizes of train_test_split, each item once', () => {
    const { train, validation, test } = splitPhraseBank(items);
    expect([train.length, validation.length, test.length]).toEqual([72, 8, 21]);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(items);
  });

  it('depends on the seed alone', () => {
    expect(splitPhraseBank(items, { seed: 3 })).toEqual(splitPhraseBank(items, { seed: 3 }));
    expect(splitPhraseBank(items, { seed: 3 }).test).not.toEqual(splitPhraseBank(items, { seed: 4 }).test);
  });

  it('refuses impossible shares', () => {
    expect(() => splitPhraseBank(items, { testShare: 1 })).toThrow(
      'testShare is 1. Give a share between 0 and 1, such as 0.2.',
    );
    expect(() => splitPhraseBank([1, 2])).toThrow('2 sentences leave none to train on. Give more sentences.');
  });
});
