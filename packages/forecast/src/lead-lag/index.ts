export type { LeadLag, LeadLagOptions, LeadLagRow, LeadLagSeries } from './lead-lag.js';
export { leadLag } from './lead-lag.js';
