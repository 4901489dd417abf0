import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../src/index.js';
import { findChromium } from './find-chromium.js';
import { fixtureRun } from './run-copy.js';

const executablePath = findChromium();
if (executablePath === null) {
  console.warn(
    'no chromium or google-chrome on the PATH and no $CHROMIUM: the report is not looked at in a browser',
  );
}

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Visible charts, one each. */
const CHARTS = ['predicted-vs-actual', 'cumulative-gain', 'sentiment-vs-close', 'learning-curve'];

describe.skipIf(executablePath === null)('the report in Chromium (skipped without one)', () => {
  let browser: Browser;
  let file: string;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args });
    const runDir = await fixtureRun({ skill: 0.4, market: `market with a ${'very-'.repeat(20)}long name` });
    ({ file } = await writeReport({ runDir, out: join(runDir, '..', 'report.html') }));
  });
  afterAll(() => browser?.close());

  const open = async (width: number) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    return { page, trouble };
  };

  const boxes = (page: Page, selector: string) =>
    page.locator(selector).evaluateAll((elements) =>
      elements.map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return { width, height };
      }),
    );

  it.each([1280, 768, 390, 320])(
    'at %i px: nothing sideways, nothing hidden, no console message, no request',
    async (width) => {
      const { page, trouble } = await open(width);
      const widths = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.body.scrollWidth]',
      );
      expect(Math.max(...widths)).toBeLessThanOrEqual(width);

      const rows = await boxes(page, 'table.metrics tbody tr');
      expect(rows).toHaveLength(7);
      for (const row of rows) expect(row.width * row.height).toBeGreaterThan(0);

      for (const id of CHARTS) {
        const visible = (await boxes(page, `#${id} svg`)).filter((box) => box.width > 0 && box.height > 0);
        expect(visible, id).toHaveLength(1);
        expect(visible[0].height).toBeGreaterThan(100);
        expect(visible[0].width).toBeGreaterThan(0.7 * Math.min(width, 850) - 40);
      }
      expect(trouble).toEqual([]);
      await page.close();
    },
  );

  it('has charts with names that assistive technology reads', async () => {
    const { page } = await open(1280);
    expect(await page.getByRole('img').count()).toBe(CHARTS.length);
    expect(await page.getByRole('img', { name: /line chart/i }).count()).toBe(CHARTS.length);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await page.getByRole('row', { name: /persistence/ }).count()).toBeGreaterThan(0);
    await page.close();
  });

  it('prints', async () => {
    const { page } = await open(1280);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });
});
