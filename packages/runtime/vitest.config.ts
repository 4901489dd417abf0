import { backendTests } from '@fin/testkit/config';

/** The tests here import `src`, so the backend has to be loaded by `src` too, not by the build. */
export default await backendTests({}, { loader: './test/setup-backend.ts' });
