import { backendTests } from '@fin/testkit/config';

export default await backendTests({ isolate: false }, { isolated: ['test/load-kernels.test.ts'] });
