import { makeSamples, splitChronologically, syntheticMarket } from '../src/index.js';

const market = syntheticMarket({ signal: 0.01 }); // or: await loadKaggle({ dir: 'stocknews' })
const samples = makeSamples(market, { window: 10, features: ['logReturn', 'range', 'volatility10'] });
const { train, validation, test } = splitChronologically(samples);
console.log(train.length, validation.length, test.length, test[0].decisionDate, test[0].targetDate);
// 734 252 378 2014-12-31 2015-01-02
console.log(test[0].window.length, test[0].headlines[0].text); // window: [10, 3], row-major
// 30 Textile plants beat forecasts with record profit in the southern region
