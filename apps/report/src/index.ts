export { newestRun } from './read/newest-run.js';
export { ReportInputError } from './read/run-file.js';
export { writeReport } from './write-report.js';
