import { backendTests } from '@fin/testkit/config';

/** The tests import `src`, so `src` has to load the backend too, not the build. One of `test/plain/` mocks `node:fs/promises`. */
export default await backendTests(
  { isolate: false },
  { loader: './test/setup-backend.ts', isolatePlain: true },
);
