export { RunInputError } from './errors.js';
export type { MetricsRow, MetricValue } from './metrics-log.js';
export type { CreateRunOptions } from './run-folder.js';
export { RunExistsError, RunFolder } from './run-folder.js';
export { RunUnfinishedError } from './unfinished-error.js';
