export type { LeadLagOptions, LeadLagSeries } from './lead-lag.js';
export { leadLag } from './lead-lag.js';
export type { LeadLag, LeadLagRow } from './lead-lag-table.js';
