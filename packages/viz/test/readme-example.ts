import { writeFile } from 'node:fs/promises';
import { learningCurve, renderSvg } from '../src/index.js';

const spec = learningCurve([
  { epoch: 1, trainLoss: 1.1, validationLoss: 1.2 },
  { epoch: 2, trainLoss: 0.8, validationLoss: 1.0 },
  { epoch: 3, trainLoss: 0.6, validationLoss: 1.1 },
]);
await writeFile('learning-curve.svg', await renderSvg(spec));
