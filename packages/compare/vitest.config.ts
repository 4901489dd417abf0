import { backendTests } from '@fin/testkit/config';

export default await backendTests({ isolate: false, env: { FIN_KERNELS: '0' } });
