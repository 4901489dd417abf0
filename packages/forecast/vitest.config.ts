import { backendTests } from '@fin/testkit/config';

// Fused ops stay loaded in the process that the files share: only files that ask for them compute with them.
export default await backendTests({ isolate: false, env: { FIN_KERNELS: '0' } });
