import { expect, it } from 'vitest';
import { formatWideningReport } from '../../src/index.js';

it('is a table of text', () => {
  expect(formatWideningReport([])).toBe('Nothing was widened.');
  const text = formatWideningReport([
    { op: 'Softmax', reason: 'float32 list', calls: 12, casts: 12, elements: 203136 },
    { op: 'Add', reason: 'outside autocast', calls: 6, casts: null, elements: null },
  ]);
  expect(text).toBe(
    [
      'op       reason            calls  casts  elements',
      'Softmax  float32 list         12     12    203136',
      'Add      outside autocast      6      -         -',
    ].join('\n'),
  );
});
