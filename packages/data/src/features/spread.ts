import type { Feature } from './feature.js';

export const range: Feature = {
  name: 'range',
  description: 'ln(H / L)',
  knownFrom: 'close',
  lookback: 0,
  compute: ({ high, low }) => Math.log(high.at(-1)! / low.at(-1)!),
};

export const closePosition: Feature = {
  name: 'closePosition',
  description: '(C - L) / (H - L), from 0 at the low to 1 at the high; 0.5 where H = L',
  knownFrom: 'close',
  lookback: 0,
  compute: ({ high, low, close }) => {
    const width = high.at(-1)! - low.at(-1)!;
    return width === 0 ? 0.5 : (close.at(-1)! - low.at(-1)!) / width;
  },
};

const volatility = (days: number): Feature => ({
  name: `volatility${days}`,
  description: `standard deviation (n - 1) of the last ${days} log returns`,
  knownFrom: 'close',
  lookback: days,
  compute: ({ close }) => {
    const last = close.slice(-days - 1);
    const returns = Array.from({ length: days }, (_, i) => Math.log(last[i + 1] / last[i]));
    const mean = returns.reduce((sum, x) => sum + x, 0) / days;
    return Math.sqrt(returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (days - 1));
  },
});

export const volatility10: Feature = volatility(10);
export const volatility20: Feature = volatility(20);
