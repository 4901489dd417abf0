import { plainTests } from '@fin/testkit/config';

export default plainTests({ include: ['test/**/*.test.mjs'] });
