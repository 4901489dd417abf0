export { backtest } from './backtest.js';
export type { BacktestEvent, TrainingRecord } from './backtest-events.js';
export type { BacktestResult, RunBacktestOptions } from './backtest-options.js';
export type { BacktestRow, BacktestTable } from './compare-variants.js';
export type { TextTable } from './format-table.js';
export { backtestRowsTable, comparisonsTable, TABLE_LEGEND } from './format-table.js';
export type { BacktestOptions, BacktestSettings, Variant } from './settings.js';
export { backtestSettingsSchema, resolveBacktestSettings, variantSettings } from './settings.js';
export { FoldError } from './worker-pool.js';
