export { newestRun, ReportInputError } from './read-run.js';
export { renderReport, writeReport } from './report.js';
