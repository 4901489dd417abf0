const action = '(?:special |cash )?(?:dividends?|(?:stock )?splits?|capital gains?)';
const amount = String.raw`(?:\d[\d.,]*(?:\s?[:/]\s?\d+)?|\d+ for \d+)`;
const pattern = new RegExp(`^(?:${amount} ${action}|${action} ${amount})$`, 'i');

/**
 * The dividend or split that a row holds in place of prices, such as `0.62 Dividend` and `4:1 Stock Splits` in tables pasted from Yahoo's
 * page; null for other rows.
 *
 * @param cells a date, the text in one cell or two, and perhaps empty cells
 */
export function corporateAction([, ...cells]: readonly string[]): string | null {
  const text = cells
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .join(' ');
  return pattern.test(text) ? text : null;
}
