import { plainTests } from '@fin/testkit/config';

// The files of a process share what takes longest: loading Vega, and the charts that they draw (test/setup.ts).
export default plainTests({ isolate: false, setupFiles: ['test/setup.ts'] });
