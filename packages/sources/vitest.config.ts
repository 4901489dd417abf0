import { plainTests } from '@fin/testkit/config';

// The files of a process load @fin/data once. What a test changes, such as a variable of the environment, it restores.
export default plainTests({ isolate: false });
