import { backendTests } from '@fin/testkit/config';

/** The tests import `src`, so `src` has to load the backend too, not the build. */
export default await backendTests({ isolate: false }, { loader: './test/setup-backend.ts' });
