import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { confusionMatrix, learningCurve, renderPng, renderSvg, VizInputError } from '../src/index.js';
import { confusion, epochRows } from './sample-data.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Width and height from the image's header. */
const sizeOf = (png: Uint8Array) => {
  const bytes = Buffer.from(png);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
};

const svg = await renderSvg(learningCurve(epochRows, { width: 300 }));

it('has the size of the chart times the scale', async () => {
  const spec = learningCurve(epochRows, { width: 300 });
  const [width, height] = ['width', 'height'].map((name) =>
    Number(new RegExp(` ${name}="([\\d.]+)"`).exec(svg)?.[1]),
  );
  for (const scale of [1, 2]) {
    const png = await renderPng(spec, { scale });
    expect(Buffer.from(png).subarray(0, 8)).toEqual(PNG);
    expect(sizeOf(png)).toEqual([Math.round(scale * width), Math.round(scale * height)]);
  }
});

it('is the same bytes for the same data, on every machine', async () => {
  const digests = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const png = await renderPng(confusionMatrix(confusion, { width: 300 }), { scale: 1 });
    digests.add(createHash('sha256').update(png).digest('hex'));
  }
  expect([...digests]).toEqual(['86c67c5288246c4a6f30c9c6f316771ba321d29042a6e499ddab2f1f7ce57a0e']);
});

it('draws an SVG of the same specification alike', async () => {
  const spec = confusionMatrix(confusion, { width: 300 });
  const [direct, fromSvg] = [
    await renderPng(spec),
    await renderPng(await renderSvg(spec, { idPrefix: 'other' })),
  ];
  expect(Buffer.from(direct).equals(Buffer.from(fromSvg))).toBe(true);
});

it('draws the text', async () => {
  const titled = await renderPng(learningCurve(epochRows, { title: 'Loss' }), { scale: 1 });
  const other = await renderPng(learningCurve(epochRows, { title: 'Gain' }), { scale: 1 });
  expect(Buffer.from(titled).equals(Buffer.from(other))).toBe(false);
});

it.each([0, -1, 100, Number.NaN])('refuses the scale %d', async (scale) => {
  await expect(renderPng(learningCurve(epochRows), { scale })).rejects.toThrow(VizInputError);
});
