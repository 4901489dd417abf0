import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ComparisonResults } from '@fin/compare';
import { profileFile } from '@fin/compare';
import type { Evaluation, RunData } from '@fin/forecast';
import type { ProfileSummary } from '@fin/profiler';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../src/index.js';
import { visible } from '../src/site/html.js';
import { renderSite } from '../src/site/render-site.js';
import { executablePath, launch, open } from './browser.js';
import { changeJson, fixtureComparison, fixtureRun, fixtureTuning } from './run-copy.js';

/** Texts that do something where they are taken for markup, script, style or a formula. Each would set `hit` or open a dialog. */
const HOSTILE = [
  '<script>hit=1</script>',
  '</script><script>hit=1</script>',
  '</title><script>hit=1</script>',
  '</style><script>hit=1</script>',
  '<!--<script>',
  ']]><script>hit=1</script>',
  '"><img src=x onerror=hit=1>',
  "'><svg onload=hit=1>",
  '" onmouseover="hit=1" x="',
  "' autofocus onfocus='hit=1",
  '<svg><style><img src=x onerror=hit=1></style></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=hit=1>',
  '<svg><a xlink:href="javascript:hit=1"><text>x</text></a></svg>',
  '<foreignObject><iframe srcdoc="<script>parent.hit=1</script>"></iframe></foreignObject>',
  '<a href="javascript:hit=1">read</a>',
  'javascript:hit=1',
  '<meta http-equiv="refresh" content="0;url=data:text/html,x">',
  '<base href="https://example.invalid/">',
  '<link rel=stylesheet href="https://example.invalid/x.css">',
  '</p></section></main><form action="https://example.invalid"><button>x</button></form>',
  '<details open ontoggle=hit=1>',
  '&lt;script&gt;hit=1&lt;/script&gt; &#x3c;script&#x3e;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant as it stands
  '{{constructor.constructor("hit=1")()}} ${hit=1} <%= hit=1 %> #{hit=1}',
  '} body { display: none } @import "https://example.invalid"; /* url(https://example.invalid)',
  'signal("x") || datum["constructor"]["constructor"]("hit=1")()',
  '\u202egnp.exe\u202d \u2066abc\u2069 \u200b\u200f',
  'a\u2028b\u2029c\u0000d\u0008e\u001b[31mf\ud800g',
  '=HYPERLINK("https://example.invalid")',
  '+1+cmd|’/c calc’!A0',
  '@SUM(1)',
  '../../../etc/passwd',
  'NaN',
] as const;

/** All hostile texts in one, beginning with another one in each field. */
const text = (start: number): string =>
  [...HOSTILE.slice(start % HOSTILE.length), ...HOSTILE.slice(0, start % HOSTILE.length)].join(' ');

/** Runs with hostile text in every field that holds text, and in the folders' names. */
async function hostileRuns(): Promise<string[]> {
  let field = 0;
  const next = () => text(field++);
  const forecast = await fixtureRun({ days: 200 });
  await changeJson<RunData>(forecast, 'data.json', (data) => ({
    ...data,
    name: next(),
    fingerprint: next(),
  }));
  await changeJson<object>(forecast, 'config.json', () => ({
    [next()]: next(),
    list: HOSTILE,
    deep: { [next()]: 1 },
  }));
  await changeJson<object>(forecast, 'environment.json', () => ({
    cpu: next(),
    notes: [next()],
    [next()]: null,
  }));
  await changeJson<Evaluation>(forecast, 'evaluation.json', (evaluation) => ({
    ...evaluation,
    first: next(),
    last: next(),
    rows: evaluation.rows.map((row, i) => ({ ...row, model: i === 0 ? next() : row.model, notes: [next()] })),
  }));
  const labels = [next(), next(), next()];
  const tuning = await fixtureTuning(labels);
  await changeJson<object>(tuning, 'data.json', (data) => ({ ...data, fingerprint: next() }));
  await changeJson<object>(tuning, 'config.json', () => ({ [next()]: next() }));
  await changeJson<object>(tuning, 'environment.json', () => ({ [next()]: next() }));
  const comparison = await fixtureComparison();
  await changeJson<ComparisonResults>(comparison, 'results.json', (results) => ({
    ...results,
    encoder: next(),
    deltas: results.deltas.map((delta) => ({ ...delta, reason: next(), sentence: next() })),
  }));
  await changeJson<object>(comparison, 'data.json', () => ({
    fingerprint: next(),
    forecast: { name: next(), synthetic: true, signal: 0.01 },
  }));
  for (const variant of ['full-fp32', 'lora-amp'] as const) {
    await changeJson<ProfileSummary>(comparison, profileFile('sentiment', variant), (profile) => ({
      ...profile,
      about: { [next()]: next() },
      ops: profile.ops.map((op) => ({ ...op, name: next(), fuses: next() })),
      phases: profile.phases.map((phase) => ({ ...phase, phase: next() })),
    }));
  }
  await changeJson<object>(comparison, 'config.json', () => ({ [next()]: next() }));
  await changeJson<object>(comparison, 'environment.json', () => ({
    cpu: next(),
    backend: next(),
    tensorflowVersion: next(),
    node: next(),
    platform: next(),
    fusedOps: true,
    cores: 2,
    [next()]: next(),
  }));
  const named = async (runDir: string, name: string) => {
    const renamed = join(dirname(runDir), name);
    await rename(runDir, renamed);
    return renamed;
  };
  return [
    await named(forecast, '"><img src=x onerror=hit=1>{{7*7}}\u202e'),
    await named(tuning, "' onmouseover='hit=1' <svg onload=hit=1>"),
    await named(comparison, '<details open ontoggle=hit=1>=SUM(1)'),
  ];
}

describe('hostile texts in every field of a run', () => {
  let runDirs: string[];
  beforeAll(async () => {
    runDirs = await hostileRuns();
  });

  it('stay texts in the pages, the pictures and the tables', async () => {
    const site = await renderSite(runDirs);
    for (const [name, content] of site) {
      if (name.endsWith('.png') || name.endsWith('.json')) continue;
      const markup = String(content);
      if (name.endsWith('.csv')) {
        expect(markup, name).not.toMatch(/(^|,|\n)"?[=+@]/);
        continue;
      }
      expect(markup, name).not.toMatch(/<(img|iframe|form|base|math|foreignObject|object|embed)\b/i);
      expect(markup.match(/<script\b/g) ?? [], name).toHaveLength((markup.match(/<\/script>/g) ?? []).length);
      expect(visible(markup) === markup, name).toBe(true);
      expect(markup, name).not.toMatch(/<[^>]*\s(onload|onerror|onfocus|onmouseover|ontoggle)=/i);
    }
    expect([...site.keys()].every((name) => /^(files\/)?[\w.-]+$/.test(name))).toBe(true);
  });

  describe.skipIf(executablePath === null)('in Chromium (skipped without one)', () => {
    let browser: Browser;
    let out: string;
    beforeAll(async () => {
      browser = await launch();
      out = join(dirname(runDirs[0]), 'site');
      await writeReport({ runDirs, out });
    }, 120_000);
    afterAll(() => browser?.close());

    it.each(['index', 'forecast', 'sentiment', 'efficiency', 'method'])(
      '%s.html shows them and nothing happens',
      async (name) => {
        const { page, trouble } = await open(browser, join(out, `${name}.html`), { width: 390 });
        for (const details of await page.locator('summary').all()) await details.click();
        for (const figure of await page.locator('figure').all()) {
          await figure.scrollIntoViewIfNeeded();
          const box = await figure.locator('.plot svg:visible').boundingBox();
          if (box) await page.mouse.move(box.x + 0.7 * box.width, box.y + 0.4 * box.height);
          for (const button of await figure.getByRole('button').all())
            await button.click({ timeout: 300 }).catch(() => {});
        }
        expect(await page.evaluate('typeof hit')).toBe('undefined');
        const scripts = await page.evaluate<string[]>('[...document.scripts].map((script) => script.type)');
        expect(scripts.filter((type) => type === '')).toHaveLength(1);
        expect(
          await page
            .locator('img, iframe, form, math, foreignObject, object, base, a[href^="javascript"]')
            .count(),
        ).toBe(0);
        expect(await page.locator('main').count()).toBe(1);
        const shown = (await page.locator('body').textContent()) as string;
        const needed = name === 'index' ? HOSTILE.slice(0, 0) : HOSTILE;
        for (const hostile of needed) expect(shown, hostile).toContain(visible(hostile));
        const widths = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(widths).toBeLessThanOrEqual(390);
        expect(trouble).toEqual([]);
        await page.close();
      },
    );

    it('a picture that is opened by itself does nothing either', async () => {
      const pictures = (await readdir(join(out, 'files'))).filter((file) => file.endsWith('.svg'));
      expect(pictures.length).toBeGreaterThan(5);
      const { page, trouble, visit } = await open(browser, join(out, 'files', pictures[0]));
      for (const picture of pictures) {
        await visit(join(out, 'files', picture));
        expect(await page.locator('script, foreignObject, image, a').count(), picture).toBe(0);
        expect(await page.locator('svg').count(), picture).toBe(1);
        expect(trouble, picture).toEqual([]);
      }
      await page.close();
    });
  });
});
