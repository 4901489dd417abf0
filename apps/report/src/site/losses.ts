import { colors } from '@fin/viz';
import type { ChartValue } from './chart.js';

/** Values of a learning curve, for every kind of run that has one. */
export const lossValues: readonly ChartValue[] = [
  { label: 'Training', field: 'trainLoss', format: 'loss', color: colors.second },
  { label: 'Validation', field: 'validationLoss', format: 'loss', color: colors.model, dash: true },
];
