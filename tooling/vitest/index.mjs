export { allClose, maxDifference } from './all-close.mjs';
export { sharedPath } from './shared-path.mjs';
