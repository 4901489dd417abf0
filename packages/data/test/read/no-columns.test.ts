import { describe, expect, it } from 'vitest';
import { DataInputError, loadHeadlines, loadPrices, loadSentences } from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

describe.each([
  ['objects without fields, one per line', '{}\n{}\n'],
  ['a list of objects without fields', '[{}, {}]'],
])('%s', (_, content) => {
  it.each<[string, (file: string) => Promise<unknown>]>([
    ['prices', loadPrices],
    ['headlines', loadHeadlines],
    ['sentences', loadSentences],
  ])('are refused as %s', async (_, load) => {
    const file = `${temporaryFolder({ 'table.json': content })}/table.json`;
    const error: unknown = await load(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataInputError);
    expect((error as Error).message).toMatch(/table\.json.* has no columns/);
  });
});
