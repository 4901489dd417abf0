import { hasNativeOps } from '@fin/runtime';
import { fullTier } from '@fin/testkit';

/**
 * Whether cases are run that mean the same on every backend, such as what a run refuses. Without native ops each takes long:
 * there they belong to `npm run test:full`.
 */
export const everyCase: boolean = hasNativeOps() || fullTier;
