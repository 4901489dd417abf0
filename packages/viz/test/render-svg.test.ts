import type { TopLevelSpec } from 'vega-lite';
import { afterEach, describe, expect, it } from 'vitest';
import {
  confusionMatrix,
  predictedVsActual,
  renderChart,
  renderSvg,
  sentimentVsClose,
  trainingCurves,
  VizInputError,
} from '../src/index.js';
import { confusion, forecastRows, sentimentRows } from './sample-data.js';

const simple = (values: object[], more: Partial<TopLevelSpec> = {}): TopLevelSpec =>
  ({
    data: { values },
    mark: { type: 'line', clip: true },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
    ...more,
  }) as TopLevelSpec;

const points = [
  { x: 0, y: 1 },
  { x: 1, y: 3 },
];

const timeZone = process.env.TZ;
afterEach(() => {
  if (timeZone === undefined) delete process.env.TZ;
  else process.env.TZ = timeZone;
});

describe('the same specification', () => {
  it('gives the same bytes, however often and whatever was drawn in between', async () => {
    const spec = simple(points);
    const first = await renderSvg(spec);
    await renderSvg(predictedVsActual(forecastRows(30)));
    const [second, third] = await Promise.all([renderSvg(spec), renderSvg(spec)]);
    expect(second).toBe(first);
    expect(third).toBe(first);
  });

  it('gives the same bytes in every time zone', async () => {
    const drawn = new Set<string>();
    for (const zone of ['UTC', 'America/Los_Angeles', 'Pacific/Auckland']) {
      process.env.TZ = zone;
      drawn.add(await renderSvg(sentimentVsClose(sentimentRows(90))));
    }
    expect(drawn.size).toBe(1);
  });
});

describe('ids', () => {
  it('are prefixed, and every reference finds its target', async () => {
    const svg = await renderSvg(simple(points), { idPrefix: 'loss' });
    const ids = [...svg.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    const references = [...svg.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
    expect(ids.every((id) => id.startsWith('loss-'))).toBe(true);
    expect(references.length).toBeGreaterThan(0);
    expect(references.every((id) => ids.includes(id))).toBe(true);
  });

  it('refuses a prefix that is no id', async () => {
    await expect(renderSvg(simple(points), { idPrefix: '"><script>' })).rejects.toThrow(VizInputError);
  });
});

describe('accessibility', () => {
  it('names and describes the image', async () => {
    const svg = await renderSvg(simple(points, { title: 'Loss & <gain>', description: 'Up, then down' }));
    expect(svg).toContain('role="img" aria-labelledby="chart-title" aria-describedby="chart-desc"');
    expect(svg).toContain('<title id="chart-title">Loss &amp; &lt;gain&gt;</title>');
    expect(svg).toContain('<desc id="chart-desc">Up, then down</desc>');
    expect(svg).not.toContain('<gain>');
  });

  it('falls back to the description, then to a word', async () => {
    expect(await renderSvg(simple(points, { description: 'Up' }))).toContain(
      '<title id="chart-title">Up</title>',
    );
    expect(await renderSvg(simple(points))).toContain('<title id="chart-title">Chart</title>');
  });
});

it.each([
  ['data elsewhere', { data: { url: 'https://example.org/data.csv' } }, /data\.values/],
  ['empty data', { data: { values: [] } }, /nothing to draw/],
  [
    'empty data in a panel',
    { vconcat: [{ data: { values: [] }, mark: 'bar', encoding: {} }], data: undefined, mark: undefined },
    /nothing to draw/,
  ],
])('refuses %s instead of drawing nothing', async (_, more, message) => {
  await expect(renderSvg(simple(points, more as Partial<TopLevelSpec>))).rejects.toThrow(message);
});

describe('renderChart', () => {
  it('tells the scales of the panels', async () => {
    const rows = forecastRows(30);
    const days = [rows[0], rows[29]].map(({ targetDate }) => new Date(targetDate).getTime());
    const { panels, svg } = await renderChart(predictedVsActual(rows));
    expect(panels.map(({ group }) => group)).toEqual(['concat_0_group', 'concat_1_group']);
    for (const { group, x, y } of panels) {
      expect(svg).toContain(group);
      expect(x).toEqual({
        type: 'time',
        domain: days,
      });
      expect(y.type).toBe('linear');
    }
    const closes = rows.flatMap(({ actual, predicted }) => [actual, predicted]);
    expect(panels[0].y.domain[0]).toBeLessThanOrEqual(Math.min(...closes));
    expect(panels[0].y.domain[1]).toBeGreaterThanOrEqual(Math.max(...closes));
  });

  it('names the bands, and has no panel without vconcat', async () => {
    const [{ x, y }] = (await renderChart(confusionMatrix(confusion))).panels;
    expect(x).toEqual({ type: 'band', domain: confusion.labels });
    expect(y).toEqual({ type: 'band', domain: confusion.labels });
    expect((await renderChart(simple(points))).panels).toEqual([]);
  });

  it('leaves the legend out when asked', async () => {
    const epochs = [{ epoch: 1, trainLoss: 1, validationLoss: 1 }];
    for (const spec of [predictedVsActual(forecastRows(30)), trainingCurves([{ name: 'a', epochs }])]) {
      expect((await renderChart(spec)).svg).toContain('role-legend');
      expect((await renderChart(spec, { legend: false })).svg).not.toContain('role-legend');
    }
  });
});

it('is one image for assistive technology, with no roles or names inside', async () => {
  const svg = await renderSvg(simple(points, { title: 'Title with role="x" > and <' }));
  expect(svg.replaceAll('role="x"', '').match(/ role="/g)).toHaveLength(1);
  expect(svg.match(/ aria-/g)).toHaveLength(1);
  expect(svg).toContain('Title with role="x" &gt; and &lt;');
});
