import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../src/index.js';
import { executablePath, launch, open } from './browser.js';
import { fixtureBacktest, fixtureComparison, fixtureRun, fixtureSweep, fixtureTuning } from './run-copy.js';

const PAGES = ['index', 'forecast', 'walk-forward', 'sweep', 'sentiment', 'efficiency', 'method'] as const;
/** Number of charts on each page. */
const CHARTS = {
  index: 3,
  forecast: 8,
  'walk-forward': 4,
  sweep: 4,
  sentiment: 3,
  efficiency: 13,
  method: 0,
};

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(executablePath === null)('the report in Chromium (skipped without one)', () => {
  let browser: Browser;
  let out: string;

  beforeAll(async () => {
    browser = await launch();
    const runDir = await fixtureRun({ skill: 0.4, market: `market with a ${'very-'.repeat(20)}long name` });
    out = join(runDir, '..', 'site');
    const others = [
      await fixtureTuning(),
      await fixtureBacktest(),
      await fixtureSweep(),
      await fixtureComparison(),
    ];
    await writeReport({ runDirs: [runDir, ...others], out });
  }, 120_000);
  afterAll(() => browser?.close());

  const show = (name: string, options: Parameters<typeof open>[2] = {}) =>
    open(browser, join(out, `${name}.html`), options);

  const areas = (page: Page, selector: string) =>
    page.locator(selector).evaluateAll((elements) =>
      elements.map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return { width, height };
      }),
    );

  describe.each(PAGES)('%s.html', (name) => {
    it('at 1280, 768, 390 and 320 px: nothing sideways, nothing hidden, no message, no request', async () => {
      const { page, trouble, visit } = await show(name);
      for (const width of [1280, 768, 390, 320]) {
        await page.setViewportSize({ width, height: 900 });
        await visit(join(out, `${name}.html`));
        const widths = await page.evaluate<number[]>(
          '[document.documentElement.scrollWidth, document.body.scrollWidth]',
        );
        expect(Math.max(...widths), `${width} px`).toBeLessThanOrEqual(width);
        for (const row of await areas(page, 'table.stacked tbody tr')) {
          expect(row.width * row.height, `${width} px`).toBeGreaterThan(0);
        }
        const charts = (await areas(page, 'figure .plot svg')).filter(
          (box) => box.width > 0 && box.height > 0,
        );
        expect(charts, `${width} px`).toHaveLength(CHARTS[name]);
        for (const { width: drawn, height } of charts) {
          expect(height, `${width} px`).toBeGreaterThan(70);
          expect(drawn, `${width} px`).toBeGreaterThan(0.6 * Math.min(width, 560) - 40);
        }
        expect(trouble, `${width} px`).toEqual([]);
      }
      await page.close();
    });

    it('light and dark, wide and narrow, it has nothing that axe complains of', async () => {
      const { page } = await show(name);
      for (const details of await page.locator('details').all()) await details.locator('summary').click();
      await page.evaluate(await axe);
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 1280],
        ['dark', 320],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
          // The marks of a drawing are parts of one image; @fin/viz tests that none has a role.
          "axe.run({ exclude: ['.plot svg > *'] }, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
        );
        expect(
          found.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`),
          `${colorScheme}, ${width} px`,
        ).toEqual([]);
      }
      await page.close();
    });
  });

  it('links the pages to each other', async () => {
    const { page, trouble } = await show('index');
    await page.getByRole('navigation').getByRole('link', { name: 'Sentiment' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sentiment of sentences');
    expect(trouble.filter((line) => !line.endsWith('/sentiment.html'))).toEqual([]);
    await page.close();
  });

  it('has charts with names that assistive technology reads', async () => {
    const { page } = await show('forecast');
    expect(await page.getByRole('img').count()).toBe(CHARTS.forecast);
    expect(
      await page.getByRole('img', { name: /line chart|dots with intervals|bar chart|band/i }).count(),
    ).toBe(CHARTS.forecast);
    expect(await page.getByRole('row', { name: /persistence/ }).count()).toBeGreaterThan(0);
    await page.close();
  });

  it('shows the same charts without script, and no control that does nothing', async () => {
    const { page, trouble } = await show('forecast', { javaScriptEnabled: false });
    expect(await page.locator('figure .wide svg').count()).toBe(CHARTS.forecast);
    for (const svg of await page.locator('figure .wide svg').all()) expect(await svg.isVisible()).toBe(true);
    expect(await page.locator('button, input').count()).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it('is light on paper, also for a reader with a dark screen, and prints what is folded', async () => {
    const { page } = await show('method', { colorScheme: 'dark' });
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await background()).toBe('rgb(20, 26, 33)');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await background()).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });

  describe('a chart over time', () => {
    const chart = async (options: Parameters<typeof open>[2] = {}) => {
      const { page, trouble } = await show('forecast', options);
      const figure = page.locator('#forecast-predicted-vs-actual');
      await figure.scrollIntoViewIfNeeded();
      const svg = figure.locator('.plot svg:visible');
      return { page, trouble, figure, svg, tip: figure.locator('.tip') };
    };
    const at = async (svg: Locator, share: number) => {
      const box = (await svg.boundingBox()) as { x: number; y: number; width: number };
      return [box.x + share * box.width, box.y + 90] as const;
    };
    const labels = (svg: Locator) => svg.locator('.role-axis-label text').allTextContents();

    it('shows the values of the day under the pointer, as the data has them', async () => {
      const { page, trouble, svg, tip } = await chart();
      expect(await tip.isVisible()).toBe(false);
      await page.mouse.move(...(await at(svg, 0.5)));
      const lines = await tip.locator('> *').allTextContents();
      expect(lines[0]).toMatch(/^(Mon|Tue|Wed|Thu|Fri), \d+ [A-Z][a-z]{2} \d{4}$/);
      const day = new Date(`${lines[0].slice(5)} UTC`).toISOString().slice(0, 10);
      const csv = await readFile(join(out, 'files', 'forecast-predicted-vs-actual.csv'), 'utf8');
      const row = csv.split('\n').find((line) => line.startsWith(day));
      const [, actual, predicted] = (row as string).split(',').map(Number);
      const points = (value: number) =>
        Number(value.toPrecision(7)).toLocaleString('en-US', {
          minimumFractionDigits: 2,
          maximumFractionDigits: 2,
        });
      expect(lines.slice(1, 3)).toEqual([`Actual${points(actual)}`, `Forecast${points(predicted)}`]);
      await page.mouse.move(5, 5);
      expect(await tip.isVisible()).toBe(false);
      expect(trouble).toEqual([]);
      await page.close();
    });

    it('zooms where the pointer drags, and back with a double click', async () => {
      const { page, trouble, svg, tip } = await chart();
      const before = await labels(svg);
      await page.mouse.move(...(await at(svg, 0.4)));
      await page.mouse.down();
      await page.mouse.move(...(await at(svg, 0.6)), { steps: 4 });
      await page.mouse.up();
      const zoomed = await labels(svg);
      expect(zoomed).not.toEqual(before);
      expect(zoomed.every((label) => label !== '' && !label.includes('NaN'))).toBe(true);
      const dayAt = async (share: number) => {
        await page.mouse.move(...(await at(svg, share)));
        return Date.parse(`${((await tip.locator('b').textContent()) as string).slice(5)} UTC`);
      };
      const days = ((await dayAt(0.95)) - (await dayAt(0.1))) / 86_400_000;
      expect(days).toBeGreaterThan(10);
      expect(days).toBeLessThan(45); // a fifth of 140 days
      await page.mouse.dblclick(...(await at(svg, 0.5)));
      expect(await labels(svg)).toEqual(before);
      expect(trouble).toEqual([]);
      await page.close();
    });

    it('draws a zoomed day where its values belong', async () => {
      const { page, figure, svg } = await chart();
      await figure.getByRole('button', { name: '1 month' }).click();
      await page.mouse.move(...(await at(svg, 0.6)));
      const gap = await page.evaluate<number>(`(() => {
        const svg = document.querySelector('#forecast-predicted-vs-actual .wide svg');
        const dot = svg.querySelector('.dot');
        const line = svg.querySelector('.role-mark path');
        const { a, d, e, f } = line.transform.baseVal.consolidate().matrix;
        const points = [...line.getAttribute('d').matchAll(/([-\\d.]+),([-\\d.]+)/g)];
        return Math.min(...points.map(([, x, y]) =>
          Math.hypot(a * x + e - dot.getAttribute('cx'), d * y + f - dot.getAttribute('cy'))));
      })()`);
      expect(gap).toBeLessThan(0.2); // the path has three decimals, magnified
      await page.close();
    });

    it('moves through time with its buttons', async () => {
      const { page, figure, svg } = await chart();
      const earlier = figure.getByRole('button', { name: 'Earlier' });
      expect(await earlier.isDisabled()).toBe(true);
      await figure.getByRole('button', { name: '1 month' }).click();
      const month = await labels(svg);
      expect(await figure.getByRole('button', { name: '1 month' }).getAttribute('aria-pressed')).toBe('true');
      await earlier.click();
      expect(await labels(svg)).not.toEqual(month);
      await figure.getByRole('button', { name: 'Later' }).click();
      expect(await labels(svg)).toEqual(month);
      await page.close();
    });

    it('switches a series off and on', async () => {
      const { page, figure, svg, tip } = await chart();
      const button = figure.getByRole('button', { name: 'Forecast' });
      const drawn = () => svg.locator('.role-mark path:visible').count();
      const before = await drawn();
      await button.click();
      expect(await button.getAttribute('aria-pressed')).toBe('false');
      expect(await drawn()).toBe(before - 2); // in both panels
      await page.mouse.move(...(await at(svg, 0.5)));
      expect(await tip.textContent()).not.toContain('Forecast');
      await button.click();
      expect(await drawn()).toBe(before);
      await page.close();
    });

    it('is read with the keyboard alone', async () => {
      const { page, figure, tip } = await chart();
      const slider = figure.getByRole('slider', { name: 'Read values' });
      await slider.focus();
      await page.keyboard.press('ArrowRight');
      expect(await tip.isVisible()).toBe(true);
      expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\w{3}, .*; Actual [\d,.]+; Forecast/);
      await page.keyboard.press('Tab');
      expect(await tip.isVisible()).toBe(false);
      await page.close();
    });

    it('shows values at the touch of a phone, inside the page', async () => {
      const { page, svg, tip } = await chart({ width: 320, hasTouch: true, isMobile: true });
      for (const share of [0.3, 0.9]) {
        await page.touchscreen.tap(...(await at(svg, share)));
        const box = (await tip.boundingBox()) as { x: number; width: number };
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(320);
      }
      await page.close();
    });
  });

  it('shows the costs of a variant in the panel under the pointer, and switches a variant of the latencies off', async () => {
    const { page } = await show('efficiency');
    const costs = page.locator('#efficiency-sentiment-costs');
    await costs.scrollIntoViewIfNeeded();
    const bar = costs.locator('.wide .concat_2_group .mark-rect path').nth(3);
    await bar.hover();
    const tip = await costs.locator('.tip').textContent();
    expect(tip).toContain('lora-amp');
    expect(tip).toContain('Checkpoint, MB0.27');
    const latency = page.locator('#efficiency-sentiment-latency');
    await latency.scrollIntoViewIfNeeded();
    const plot = (await latency.locator('.wide .concat_0_group .background').first().boundingBox())!;
    // On a logarithmic axis from 1 to 32, 8 lies at three fifths.
    await page.mouse.move(plot.x + 0.58 * plot.width, plot.y + plot.height / 2);
    expect(await latency.locator('.tip').textContent()).toContain('Batch size 8');
    expect(await latency.locator('.wide .dot').count()).toBe(6);
    await latency.getByRole('button', { name: 'full-fp32' }).click();
    await page.mouse.move(plot.x + 0.58 * plot.width, plot.y + plot.height / 2);
    expect(await latency.locator('.wide .dot').count()).toBe(5);
    await page.close();
  });

  it('shows the counts of a cell of the confusion matrix', async () => {
    const { page } = await show('sentiment');
    const figure = page.locator('#sentiment-confusion-matrix');
    await figure.scrollIntoViewIfNeeded();
    const cell = figure.locator('.wide .role-mark path').nth(1);
    const box = (await cell.boundingBox()) as { x: number; y: number; width: number; height: number };
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    expect(await figure.locator('.tip').textContent()).toBe(
      'Actual positive, predicted negativeSentences4 (8 %)',
    );
    await page.close();
  });
});
