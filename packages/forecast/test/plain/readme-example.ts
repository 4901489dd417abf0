import { dieboldMariano, evaluateForecast, forecastBaselines } from '../../src/index.js';

const dates = ['2016-06-23', '2016-06-24', '2016-06-27', '2016-06-28', '2016-06-29', '2016-06-30'];
const closes = [18011.07, 17400.75, 17140.24, 17409.72, 17694.68, 17929.99];
const days = dates.slice(1).map((targetDate, i) => ({
  decisionDate: dates[i],
  targetDate,
  lastClose: closes[i],
  targetClose: closes[i + 1],
}));
const [train, test] = [days.slice(0, 2), days.slice(2)];

const predicted = [17190, 17400, 17750]; // by a model of your own, for the days of the test
const forecasts = test.map((day, i) => ({ ...day, actual: day.targetClose, predicted: predicted[i] }));
const row = evaluateForecast('my model', forecasts);
console.log(row.mae.toFixed(2), row.directionalAccuracy?.toFixed(3));
// 231.46 0.667
for (const baseline of forecastBaselines({ train, validation: [], test }).slice(0, 2)) {
  console.log(baseline.model, evaluateForecast(baseline.model, baseline.test).mae.toFixed(2));
}
// persistence 263.25
// drift 698.66

const errors = [1.2, -0.4, 0.3, 0.9, -1.1, 0.2, 0.8, -0.6];
const others = [1.5, -0.9, 0.4, 1.4, -1.0, 0.7, 1.2, -0.8];
console.log(dieboldMariano(errors, others).pValue?.toFixed(3));
// 0.015
