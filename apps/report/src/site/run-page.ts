import type { ReportedKind, RunReport } from '../kinds/run-report.js';

/** A run's page in the site. */
export interface RunPage {
  readonly kind: ReportedKind;
  readonly href: string;
  /** Name in the navigation. */
  readonly name: string;
  readonly report: RunReport;
}
