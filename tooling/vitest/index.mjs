export { allClose, maxDifference } from './all-close.mjs';
export { readEvents } from './event-files.mjs';
export { fullTier } from './full-tier.mjs';
export { parity } from './parity.mjs';
export { sharedPath } from './shared-path.mjs';
