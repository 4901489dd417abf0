export { allClose, maxDifference } from './all-close.mjs';
export { fullTier } from './full-tier.mjs';
export { parity } from './parity.mjs';
export { sharedPath } from './shared-path.mjs';
