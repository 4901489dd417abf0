export { ReportInputError } from './errors.js';
export { renderReport } from './render-report.js';
export { newestRun } from './run/newest-run.js';
export { writeReport } from './write-report.js';
