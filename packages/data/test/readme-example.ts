import {
  checkMarket,
  distinctRows,
  explainedVariance,
  makeSamples,
  StandardScaler,
  splitChronologically,
  syntheticMarket,
} from '../src/index.js';

const market = syntheticMarket({ signal: 0.01 }); // or: await loadKaggle({ dir: 'stocknews-djia' })
console.log(market.name, checkMarket(market).days, explainedVariance(0.01).toFixed(3));
// synthetic market (signal 0.01, seed 0) 1384 0.333

const samples = makeSamples(market, { window: 10, features: ['logReturn', 'range', 'volatility10'] });
const { train, test } = splitChronologically(samples);
console.log(train.length, test.length, test[0].decisionDate, test[0].targetDate);
// 734 378 2014-12-31 2015-01-02

const scaler = new StandardScaler(3).fit(distinctRows(train));
const input = scaler.transform(test[0].window); // [10, 3], row-major
console.log(input.length, test[0].headlines[0].text);
// 30 Textile plants beat forecasts with record profit in the southern region
