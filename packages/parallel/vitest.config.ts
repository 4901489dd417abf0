import { plainTests } from '@fin/testkit/config';

export default plainTests();
