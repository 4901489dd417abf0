import type { Finding } from '../kinds/run-report.js';
import type { Html } from './html.js';
import { html } from './html.js';
import type { RunPage } from './run-page.js';

type Outcome = Finding['outcome'];

/** What runs of each outcome have done, after their names. */
const forecastWords: Record<Outcome, (single: boolean) => string> = {
  better: (single) => (single ? 'beats it' : 'beat it'),
  worse: (single) => (single ? 'loses to it' : 'lose to it'),
  same: () => 'cannot be told from it',
  untested: () => 'cannot be tested',
};

const classWords: Record<Outcome, (single: boolean) => string> = {
  better: (single) => `${single ? 'is' : 'are'} right more often than that`,
  worse: (single) => `${single ? 'is' : 'are'} right less often than that`,
  same: () => 'cannot be told from that',
  untested: () => 'cannot be tested',
};

/** One paragraph that sums up the findings of several runs: against what they were tested, how, and what came of it. */
export function allFindings(pages: readonly RunPage[]): Html[] {
  if (pages.length < 2) return [];
  const of = (reference: NonNullable<RunPage['kind']['reference']>) =>
    pages.filter(({ kind }) => kind.reference === reference);
  const [forecasts, classifiers] = [of('persistence'), of('most frequent class')];
  const comparisons = of('baseline variant').map(({ report }) => report.finding.headline);
  return [
    html`<section class="verdict" aria-labelledby="all-findings">
<h2 id="all-findings">In short</h2>
<p>${[...forecastSentences(forecasts), ...classSentences(classifiers), ...comparisons].join(' ')}</p>
</section>`,
  ];
}

function forecastSentences(pages: readonly RunPage[]): string[] {
  if (pages.length === 0) return [];
  return [
    `${counted(pages.length, 'run forecasts', 'runs forecast')} the next close. The bar is persistence, “tomorrow’s close is today’s close”: ${outcomes(pages, forecastWords)}.`,
    'A difference counts as significant when the Diebold-Mariano test rejects at the 5 % level; a run with several models is corrected by Holm’s method and beats persistence when one of its models does.',
    ...(pages.length > 1
      ? [
          'Each run was tested by itself: of twenty runs without skill, one is expected to look significant by chance.',
        ]
      : []),
  ];
}

function classSentences(pages: readonly RunPage[]): string[] {
  if (pages.length === 0) return [];
  return [
    `${counted(pages.length, 'run names', 'runs name')} the sentiment of sentences. The bar is always naming the most frequent class: ${outcomes(pages, classWords)}.`,
  ];
}

/** The runs of each outcome by name, such as `a and b beat it; c cannot be told from it`. */
function outcomes(pages: readonly RunPage[], words: typeof forecastWords): string {
  return (Object.keys(words) as Outcome[])
    .map((outcome) => ({
      outcome,
      names: pages
        .filter(({ report }) => report.finding.outcome === outcome)
        .map(({ report }) => report.run.name),
    }))
    .filter(({ names }) => names.length > 0)
    .map(({ outcome, names }) => `${listed(names)} ${words[outcome](names.length === 1)}`)
    .join('; ');
}

const listed = (names: readonly string[]): string =>
  names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;

const counted = (count: number, one: string, many: string): string =>
  count === 1 ? `One ${one}` : `${count} ${many}`;
