import { plainTests } from './config.mjs';

export default plainTests({ include: ['test/**/*.test.mjs'] });
