import type { RunKind } from '@fin/run';
import type { CommonParts } from '../read/run-file.js';
import type { Chart } from '../site/chart.js';
import type { Html } from '../site/html.js';

/** One run as the report shows it: a page of its own and its share of the overview and the method page. */
export interface RunReport {
  readonly run: CommonParts;
  /** Title of the page, and the line below it. */
  readonly title: string;
  readonly subtitle: string;
  /** Warning above everything that shows results of the run; null for none. */
  readonly banner: Html | null;
  /** The page below its title. */
  readonly body: Html;
  readonly finding: Finding;
  /** Charts for the overview, the most telling first. */
  readonly pictures: readonly Chart[];
  /** Files that the page links to, by their path in the site. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** How the run was made and what its figures mean, for the method page. */
  readonly method: Html;
  /** What its figures do not say, one sentence each. */
  readonly caveats: readonly string[];
}

/** What the overview says of a run. */
export interface Finding {
  readonly outcome: 'better' | 'worse' | 'same' | 'untested';
  /** One sentence. */
  readonly headline: string;
  /** Sentences with figures and their uncertainty. */
  readonly sentences: readonly string[];
  /** Table for the overview, below the sentences. */
  readonly table?: Html;
  /** Run files and fields that the figures are from. */
  readonly source: Html;
  /** The figure that stands for the run in a list of runs. */
  readonly figure: { readonly name: string; readonly value: string; readonly beside: string };
}

export interface ReportOptions {
  /** Name of the run's page without `.html`. Ids and paths of its charts begin with it, so that they are unique in the site. */
  readonly slug: string;
}

/** How the report shows one kind of run. A new kind is one of these, entered in `kinds`. */
export interface ReportedKind {
  readonly kind: RunKind;
  /** Name of the page's file without `.html`. */
  readonly slug: string;
  /** Name in the navigation. */
  readonly nav: string;
  /** What its outcomes are against; absent where its runs compare with nothing. */
  readonly reference?: 'persistence' | 'most frequent class' | 'baseline variant';
  /** Reads a run and draws everything that the report shows of it. */
  report(runDir: string, options: ReportOptions): Promise<RunReport>;
}
