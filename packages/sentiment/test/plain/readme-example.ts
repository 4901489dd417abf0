import { aggregateDays, classificationReport } from '../../src/index.js';

const headlines = [
  { date: '2016-06-27', rank: 1, sentiment: { positive: 0.1, negative: 0.8, neutral: 0.1 } },
  { date: '2016-06-27', rank: 2, sentiment: { positive: 0.2, negative: 0.2, neutral: 0.6 } },
  { date: '2016-06-28', rank: 1, sentiment: { positive: 0.7, negative: 0.1, neutral: 0.2 } },
];
for (const { date, score } of aggregateDays(headlines, 'rank')) console.log(date, score.toFixed(2));
// 2016-06-27 -0.43
// 2016-06-28 0.60

const actual = [0, 0, 1, 2, 2, 2]; // positions in the list of labels
const predicted = [0, 1, 1, 2, 2, 0];
const { accuracy, macroF1 } = classificationReport(actual, predicted, ['positive', 'negative', 'neutral']);
console.log(accuracy.toFixed(3), macroF1.toFixed(3));
// 0.667 0.656
