import { serialize } from 'node:v8';
import { afterAll, vi } from 'vitest';
import { drawings } from './drawings.js';
import { removeRunCopies } from './run-copy.js';

// Tests render the same few runs again and again. A chart of the same content is drawn once per process.
vi.mock('@fin/viz', async (importOriginal) => {
  const viz = await importOriginal<typeof import('@fin/viz')>();
  const once =
    <A extends unknown[], R>(draw: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      const key = `${draw.name} ${serialize(args).toString('latin1')}`;
      const drawn = (drawings.get(key) as Promise<R> | undefined) ?? draw(...args);
      drawings.set(key, drawn);
      return drawn;
    };
  return {
    ...viz,
    renderChart: once(viz.renderChart),
    renderSvg: once(viz.renderSvg),
    renderPng: once(viz.renderPng),
  };
});

afterAll(removeRunCopies);
