import { dieboldMariano, evaluateForecast, forecastBaselines, wilsonInterval } from '../../src/index.js';

const points = [
  {
    decisionDate: '2016-06-27',
    targetDate: '2016-06-28',
    lastClose: 17140.24,
    actual: 17409.72,
    predicted: 17190,
  },
  {
    decisionDate: '2016-06-28',
    targetDate: '2016-06-29',
    lastClose: 17409.72,
    actual: 17694.68,
    predicted: 17400,
  },
  {
    decisionDate: '2016-06-29',
    targetDate: '2016-06-30',
    lastClose: 17694.68,
    actual: 17929.99,
    predicted: 17750,
  },
];
const row = evaluateForecast('my model', points);
console.log(
  row.mae.toFixed(2),
  row.directionalAccuracy?.toFixed(3),
  row.directionalInterval?.map((bound) => bound.toFixed(2)),
);
// 231.46 0.667 [ '0.21', '0.94' ]

const test = points.map(({ actual, ...point }) => ({ ...point, targetClose: actual }));
const train = [
  { decisionDate: '2016-06-23', targetDate: '2016-06-24', lastClose: 18011.07, targetClose: 17400.75 },
  { decisionDate: '2016-06-24', targetDate: '2016-06-27', lastClose: 17400.75, targetClose: 17140.24 },
];
for (const { model, test: forecasts } of forecastBaselines({ train, validation: [], test }).slice(0, 2)) {
  console.log(model, evaluateForecast(model, forecasts).mae.toFixed(2));
}
// persistence 263.25
// drift 698.66

const errors = [1.2, -0.4, 0.3, 0.9, -1.1, 0.2, 0.8, -0.6];
const others = [1.5, -0.9, 0.4, 1.4, -1.0, 0.7, 1.2, -0.8];
console.log(dieboldMariano(errors, others).pValue?.toFixed(3), wilsonInterval(208, 378)?.[0].toFixed(3));
// 0.015 0.500
