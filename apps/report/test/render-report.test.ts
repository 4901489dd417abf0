import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evaluation, RunData } from '@fin/forecast';
import { describe, expect, it } from 'vitest';
import { ReportInputError, renderReport } from '../src/index.js';
import { changeJson, changeRun, fixtureRun } from './run-copy.js';

const HOSTILE = `</title><script>alert("x")</script><img src=x onerror='alert(1)'>&`;

describe('the page', () => {
  it('tells a synthetic market and its signal, the verdict, and every row beside its baselines', async () => {
    const page = await renderReport(await fixtureRun({ skill: 0.4 }));
    expect(page).toContain('Synthetic market, with a planted signal of 0.4.');
    expect(page).toContain('The model beat “tomorrow’s close is today’s close”.');
    for (const model of ['bert(random)+lstm', 'persistence', 'drift', 'majority-class']) {
      expect(page).toContain(`<th scope="row">${model}</th>`);
    }
    for (const id of ['predicted-vs-actual', 'cumulative-gain', 'sentiment-vs-close', 'learning-curve']) {
      expect(page).toContain(`<figure id="${id}">`);
      expect(page).toContain(`<title id="${id}-wide-title">`);
    }
    expect(page).toContain('f1c7f1c7');
    expect(page).toContain('<code>training.learningRate</code></th><td>0.001</td>');
    expect(page).toContain('<code>seed</code></th><td>7</td>');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it('has no banner for a real market, and says so when nothing was found', async () => {
    const page = await renderReport(await fixtureRun({ synthetic: false, market: 'stocknews-djia' }));
    expect(page).not.toContain('Synthetic market');
    expect(page).toContain('The model did not beat “tomorrow’s close is today’s close”.');
    expect(page).toContain('Sentiment did not help');
  });

  it('is the same bytes for the same run', async () => {
    const runDir = await fixtureRun();
    expect(await renderReport(runDir)).toBe(await renderReport(runDir));
  });

  it('asks nothing of the network and runs nothing', async () => {
    const page = await renderReport(await fixtureRun());
    expect(page).toContain(`default-src 'none'`);
    expect(page).not.toMatch(/<script|<iframe|<object|<embed|@import|\ssrc=|\son[a-z]+=/i);
    expect(
      [...page.matchAll(/(?:href|url\()\s*=?\s*["']?([^"')\s]*)/g)].map(([, target]) => target[0]),
    ).toEqual(expect.not.arrayContaining(['h', '/']));
  });

  it('has every id once', async () => {
    const page = await renderReport(await fixtureRun());
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('escapes whatever a run says', async () => {
    const runDir = await fixtureRun();
    await changeJson<RunData>(runDir, 'data.json', (data) => ({
      ...data,
      name: HOSTILE,
      fingerprint: HOSTILE,
    }));
    await changeJson<object>(runDir, 'config.json', () => ({ [HOSTILE]: HOSTILE, list: [HOSTILE] }));
    await changeJson<object>(runDir, 'environment.json', () => ({ cpu: HOSTILE }));
    await changeJson<Evaluation>(runDir, 'evaluation.json', (evaluation) => ({
      ...evaluation,
      rows: evaluation.rows.map((row, i) => (i === 0 ? { ...row, model: HOSTILE, notes: [HOSTILE] } : row)),
    }));
    const page = await renderReport(runDir);
    expect(page).not.toMatch(/<script|<img|onerror='/);
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
  });

  it('does without epochs', async () => {
    const runDir = await fixtureRun();
    await changeRun(runDir, (folder) => folder.writeText('metrics.jsonl', ''));
    expect(await renderReport(runDir)).toContain('The run recorded no epochs.');
  });
});

describe('a run that cannot be reported on', () => {
  it.each(['persistence', 'drift', 'majority-class'])('lacks %s', async (name) => {
    const runDir = await fixtureRun();
    await changeJson<Evaluation>(runDir, 'evaluation.json', (evaluation) => ({
      ...evaluation,
      rows: evaluation.rows.filter((row) => row.model !== name),
    }));
    await expect(renderReport(runDir)).rejects.toThrow(ReportInputError);
    await expect(renderReport(runDir)).rejects.toThrow(
      `lacks the baseline ${name}: a model is not reported without`,
    );
  });

  it.each<[string, string, (value: Record<string, unknown>) => unknown, RegExp]>([
    [
      'has no model',
      'evaluation.json',
      (e) => ({ ...e, rows: (e.rows as unknown[]).slice(1) }),
      /baselines but no model/,
    ],
    [
      'names a model twice',
      'evaluation.json',
      (e) => ({ ...e, rows: [...(e.rows as unknown[]), (e.rows as unknown[])[0]] }),
      /twice/,
    ],
    [
      'measured other days',
      'evaluation.json',
      (e) => ({ ...e, n: 3 }),
      /measures 3 test days and predictions\.csv has 100/,
    ],
    [
      'measured another split',
      'evaluation.json',
      (e) => ({ ...e, split: 'train' }),
      /error in split: only the test split is reported/,
    ],
    [
      'has no rows',
      'evaluation.json',
      () => ({}),
      /evaluation\.json has an error in split: only the test split/,
    ],
    [
      'has a text for a number',
      'evaluation.json',
      (e) => ({ ...e, level: '95 %' }),
      /error in level: .*expected number/,
    ],
    [
      'has no splits',
      'data.json',
      (d) => ({ ...d, splits: [] }),
      /data\.json has an error in splits: .*expected object/,
    ],
    [
      'does not say whether it is synthetic',
      'data.json',
      (d) => ({ ...d, synthetic: 'no' }),
      /error in synthetic: .*expected boolean/,
    ],
  ])('%s', async (_, file, change, message) => {
    const runDir = await fixtureRun();
    await changeJson(runDir, file, change);
    await expect(renderReport(runDir)).rejects.toThrow(ReportInputError);
    await expect(renderReport(runDir)).rejects.toThrow(message);
  });

  it('was not evaluated', async () => {
    const runDir = await fixtureRun();
    await changeRun(runDir, (folder) => rm(folder.path('evaluation.json')));
    await expect(renderReport(runDir)).rejects.toThrow(
      /evaluation\.json is not there; fin evaluate writes it/,
    );
  });

  it('has a broken line of metrics', async () => {
    const runDir = await fixtureRun();
    await changeRun(runDir, (folder) =>
      folder.writeText('metrics.jsonl', '{"epoch":1,"trainLoss":1}\n{"epoch"\n'),
    );
    await expect(renderReport(runDir)).rejects.toThrow(/metrics\.jsonl, line 2 is not JSON/);
  });

  it('was changed behind its manifest', async () => {
    const runDir = await fixtureRun();
    await rm(join(runDir, 'predictions.csv'));
    await expect(renderReport(runDir)).rejects.toThrow(/predictions\.csv/);
  });

  it('is not there', async () => {
    await expect(renderReport(join(await fixtureRun(), 'nowhere'))).rejects.toMatchObject({ kind: 'input' });
  });
});
