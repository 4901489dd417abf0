import { backendTests } from '@fin/testkit/config';

export default await backendTests({ isolate: false });
