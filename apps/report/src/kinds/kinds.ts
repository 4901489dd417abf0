import { backtestKind, sweepKind } from './backtest/report.js';
import { comparisonKind } from './comparison/report.js';
import { forecasterKind } from './forecaster/report.js';
import type { ReportedKind } from './run-report.js';
import { tuningKind } from './sentiment-tuning/report.js';

/** All kinds of runs that have a page, in the order of the navigation. */
export const kinds: readonly ReportedKind[] = [
  forecasterKind,
  backtestKind,
  sweepKind,
  tuningKind,
  comparisonKind,
];
