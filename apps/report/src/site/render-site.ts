import { readFile } from 'node:fs/promises';
import { readRunRecord, runKinds } from '@fin/run';
import { kinds } from '../kinds/kinds.js';
import type { ReportedKind } from '../kinds/run-report.js';
import { ReportInputError } from '../read/run-file.js';
import { method } from './method.js';
import { overview } from './overview.js';
import type { PageContent } from './page.js';
import { page } from './page.js';
import type { RunPage } from './run-page.js';

/** Files of a site by their path in it. */
export type Site = ReadonlyMap<string, string | Uint8Array>;

/**
 * Renders the report of one or several runs: an overview, a page per run, and a page on the method. Reads the run folders only;
 * the same folders give the same bytes.
 *
 * @throws {ReportInputError} when a run cannot be reported on
 */
export async function renderSite(runDirs: readonly string[]): Promise<Site> {
  const pages = await renderRuns(runDirs);
  const links = [
    { href: 'index.html', name: 'Overview' },
    ...pages.map(({ href, name }) => ({ href, name })),
    { href: 'method.html', name: 'Method and caveats' },
  ];
  const frame = { links, script: await readFile(SCRIPT, 'utf8') };
  const contents: (readonly [href: string, content: PageContent])[] = [
    ['index.html', overview(pages)],
    ...pages.map(({ href, report }) => [href, { ...report, body: [report.banner, report.body] }] as const),
    ['method.html', method(pages)],
  ];
  return new Map<string, string | Uint8Array>([
    ...contents.map(([href, content]) => [href, page(href, content, frame)] as const),
    ...pages.flatMap(({ report }) => [...report.files]),
  ]);
}

/** The script is plain JavaScript for browsers, so that pages hold what this file holds. */
const SCRIPT = new URL('../../src/client/charts.js', import.meta.url);

async function renderRuns(runDirs: readonly string[]): Promise<RunPage[]> {
  const runs = runDirs.map((runDir) => ({ runDir, kind: kindOf(runDir) }));
  const pages: RunPage[] = [];
  for (const kind of kinds) {
    const own = runs.filter((run) => run.kind === kind);
    for (const [i, { runDir }] of own.entries()) {
      const slug = i === 0 ? kind.slug : `${kind.slug}-${i + 1}`;
      const report = await kind.report(runDir, { slug });
      const name = own.length === 1 ? kind.nav : `${kind.nav}: ${report.run.name}`;
      pages.push({ kind, href: `${slug}.html`, name, report });
    }
  }
  return pages;
}

function kindOf(runDir: string): ReportedKind {
  const record = readRunRecord(runDir);
  const kind = kinds.find((candidate) => candidate.kind === record.kind);
  if (kind) return kind;
  const known = kinds.map(({ kind: one }) => runKinds[one].words);
  throw new ReportInputError(`${runDir} is ${runKinds[record.kind].words}, not ${known.join(' or ')}`);
}
