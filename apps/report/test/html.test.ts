import { expect, it } from 'vitest';

import {
  fixed,
  fixedRange,
  html,
  jsonForScript,
  pEquals,
  percent,
  percentRange,
  pValue,
  signed,
  trusted,
  visible,
} from '../src/site/html.js';

it('escapes text, in attributes too, and keeps markup', () => {
  const inner = html`<b>${'<&>'}</b>`;
  const quoted = `"'`;
  expect(
    html`<p title="${quoted}">${inner}${[html`<i>${1}</i>`, '<']}${null}${trusted('<svg/>')}</p>`.text,
  ).toBe('<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b><i>1</i>&lt;<svg/></p>');
});

it.each([
  [fixed(1234567.891, 2), '1,234,567.89'],
  [fixed(-1234.5, 1), '−1,234.5'],
  [fixed(-0.001, 2), '0.00'],
  [fixed(999, 0), '999'],
  [fixed(17949, 0), '17,949'],
  [percent(0.00728, 3), '0.728\u00a0%'],
  [percentRange([0.471, 0.571], 1), '47.1 to 57.1\u00a0%'],
  [signed(0.27, 2), '+0.27'],
  [signed(-0.27, 2), '−0.27'],
  [signed(0.001, 2), '0.00'],
  [fixedRange([-0.88, 1.4], 2), '−0.88 to 1.40'],
  [pValue(0.45), '0.45'],
  [pValue(0.0432), '0.043'],
  [pValue(1e-9), '<\u00a00.001'],
  [pEquals(1e-9), 'p\u00a0<\u00a00.001'],
  [pEquals(0.45), 'p\u00a0=\u00a00.45'],
])('formats %s', (actual, expected) => {
  expect(actual).toBe(expected);
});

it('shows characters that act on their surroundings as codes', () => {
  expect(visible('a\u202eb\u0000c\u2028d\ud800e')).toBe('a\\u202eb\\u0000c\\u2028d\\ud800e');
  expect(visible('Dow Jones – „Börse“ 日経 😀\n\t')).toBe('Dow Jones – „Börse“ 日経 😀\n\t');
  expect(html`${'\u202e<'}`.text).toBe('\\u202e&lt;');
});

it('writes JSON that cannot end its script element', () => {
  const value = { text: '</script><!--<script>&\u2028\u2029' };
  const { text } = jsonForScript(value);
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(value);
});
