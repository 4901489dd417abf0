import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparisonResults } from '@fin/compare';
import type { Evaluation } from '@fin/forecast';
import { RunFolder } from '@fin/run';
import { beforeAll, describe, expect, it } from 'vitest';
import { ReportInputError } from '../src/index.js';
import type { Site } from '../src/site/render-site.js';
import { renderSite } from '../src/site/render-site.js';
import { drawings } from './drawings.js';
import {
  changeJson,
  changeRun,
  fixtureBacktest,
  fixtureComparison,
  fixtureRun,
  fixtureSweep,
  fixtureTuning,
} from './run-copy.js';

const pageOf = (site: Site, name: string) => String(site.get(name));

describe('a site of both kinds of runs', () => {
  let runDirs: string[];
  let site: Site;
  beforeAll(async () => {
    runDirs = [await fixtureTuning(), await fixtureRun({ skill: 0.4 })];
    site = await renderSite(runDirs);
  });

  it('has an overview, a page per run and a page on the method, each linked from all', () => {
    const pages = [...site.keys()].filter((name) => name.endsWith('.html'));
    expect(pages).toEqual(['index.html', 'forecast.html', 'sentiment.html', 'method.html']);
    for (const name of pages) {
      for (const other of pages) expect(pageOf(site, name)).toContain(`href="${other}"`);
      expect(pageOf(site, name)).toContain(`href="${name}" aria-current="page"`);
    }
  });

  it('tells a synthetic market and its signal, the verdict, and every row beside its baselines', () => {
    for (const name of ['index.html', 'forecast.html']) {
      expect(pageOf(site, name)).toContain('Synthetic market, with a planted signal of 0.4.');
      expect(pageOf(site, name)).toContain('The model beat “tomorrow’s close is today’s close”.');
    }
    for (const model of ['bert(random)+lstm', 'persistence', 'drift', 'majority-class']) {
      expect(pageOf(site, 'forecast.html')).toContain(`<th scope="row">${model}</th>`);
    }
  });

  it('tells the scores of the sentiment model with their uncertainty', () => {
    const text = pageOf(site, 'sentiment.html').replaceAll('\u00a0', ' ');
    expect(text).toContain(
      'It names the right class for 81.5 % of 200 test sentences (95 % interval 75.5 to 86.3 %); always naming “neutral” gets 55.0 %.',
    );
    expect(text).toContain('takes “neutral” for “positive”: 9 of 37 wrong sentences');
    expect(text).toContain('right more often than always naming the most frequent class');
  });

  it('has what repeats the runs, with the sums of their files', () => {
    const page = pageOf(site, 'method.html');
    expect(page).toContain('<code>training.learningRate</code></th><td>0.001</td>');
    expect(page).toContain('<code>settings.method</code></th><td>lora</td>');
    expect(page).toMatch(/<code>predictions\.csv<\/code><\/th><td>[\d,]+<\/td><td><code>[0-9a-f]{64}/);
  });

  it('names a source and four downloads for every chart, all of them files of the site', () => {
    for (const [name, charts] of [
      ['forecast.html', 8],
      ['sentiment.html', 3],
      ['index.html', 3],
    ] as const) {
      const figures = pageOf(site, name).match(/<figure[\s\S]*?<\/figure>/g) ?? [];
      expect(figures).toHaveLength(charts);
      for (const figure of figures) {
        expect(figure).toMatch(/Source: <code>fixture-(run|tuning)\/[a-z]+\.(csv|json|jsonl)<\/code>, /);
        const files = [...figure.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
        expect(files.map((file) => file.replace(/^[^.]*/, ''))).toEqual(['.csv', '.svg', '.png', '.vl.json']);
        for (const file of files) expect(site.has(file), file).toBe(true);
      }
    }
  });

  it('links to nothing outside of itself', () => {
    for (const [name, content] of site) {
      if (!name.endsWith('.html')) continue;
      const hrefs = [...String(content).matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, href]) => href);
      for (const href of hrefs) {
        const ok = href === 'data:,' || href.startsWith('#') || site.has(href);
        expect(ok, `${name} links to ${href}`).toBe(true);
      }
      expect(String(content)).not.toMatch(
        /<iframe|<object|<embed|@import|\son[a-z]+=|\sstyle=|url\(["']?http/i,
      );
    }
  });

  it('has charts’ data as CSV with all digits', async () => {
    const [header, first] = String(site.get('files/forecast-predicted-vs-actual.csv')).split('\n');
    expect(header).toBe('date,actual,predicted,actualChange,predictedChange');
    const folder = await RunFolder.open(runDirs[1]);
    const line = (await folder.readText('predictions.csv')).split('\n').find((row) => row.startsWith('test'));
    expect(line).toContain(first.split(',')[1]);
    expect(String(site.get('files/forecast-metrics.csv'))).toMatch(/^model,n,mae,/);
  });

  it('has every id of a page once, and nothing undefined', () => {
    for (const [name, content] of site) {
      if (!name.endsWith('.html')) continue;
      const ids = [...String(content).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size, name).toBe(ids.length);
      const { index } = /<script>/.exec(String(content)) as RegExpExecArray;
      expect(String(content).slice(0, index)).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it('is the same bytes for the same runs', async () => {
    drawings.clear();
    const again = await renderSite(runDirs);
    expect([...again.keys()]).toEqual([...site.keys()]);
    for (const [name, content] of site) {
      expect(Buffer.from(content).equals(Buffer.from(again.get(name) as string)), name).toBe(true);
    }
  });
});

it('tells of a walk-forward run which models beat persistence, after correction, and by how much', async () => {
  const runDir = await fixtureBacktest();
  const site = await renderSite([runDir]);
  const text = pageOf(site, 'walk-forward.html').replaceAll('\u00a0', ' ');
  expect(text).toContain('1 of 3 models beat “tomorrow’s close is today’s close” over all folds.');
  expect(text).toContain(
    'fused has a mean absolute error of 95.00 index points (mean of 3 seeds, standard deviation 0.40), −5.00 against persistence (95 % interval −8.00 to −2.00): a difference that chance alone would rarely give (Diebold-Mariano p = 0.010 after Holm’s correction).',
  );
  expect(text).toContain('lstm has a mean absolute error of 101.00');
  expect(text).toContain('a difference that chance alone can explain (Diebold-Mariano p = 0.80');
  expect(String(site.get('files/walk-forward-ablation.csv'))).toMatch(/\nfused − lstm,-6,-9,-3,/);
  expect(site.has('files/walk-forward-folds.svg')).toBe(true);
  await changeJson<{ rows: { model: string }[] }>(runDir, 'results.json', (results) => ({
    ...results,
    rows: results.rows.filter(({ model }) => model !== 'persistence'),
  }));
  await expect(renderSite([runDir])).rejects.toThrow(/results\.json lacks the baseline persistence/);
});

it('shows of a sweep what was tried and how it chose, and says that its validation error is too good', async () => {
  const site = await renderSite([await fixtureSweep()]);
  const text = pageOf(site, 'sweep.html').replaceAll('\u00a0', ' ');
  expect(text).toContain(
    'Of 22 settings, window=5 had the least error on the 100 validation days (root mean squared error 110.00 index points, the worst 139.00).',
  );
  expect(text).toContain('<th scope="row">window=5<span class="unit">chosen</span></th>');
  expect(text).toContain('2 more in the download.');
  expect(text).toContain('<code>fixture-sweep/choice.json</code>, settings');
  expect(text).toContain('1 of 3 models beat');
  expect(String(site.get('files/sweep-settings.csv'))).toMatch(
    /^name,seeds,n,validationRmse\nwindow=5,3,100,110\n/,
  );
  expect(pageOf(site, 'method.html')).toContain('is too good, since it is the least of several');
});

it('sums up several runs in one paragraph that names persistence and significance', async () => {
  const runDirs = [await fixtureRun(), await fixtureBacktest(), await fixtureTuning()];
  const text = pageOf(await renderSite(runDirs), 'index.html');
  expect(text).toContain(
    '2 runs forecast the next close. The bar is persistence, “tomorrow’s close is today’s close”: fixture-backtest beats it; fixture-run cannot be told from it.',
  );
  expect(text).toContain('significant when the Diebold-Mariano test rejects at the 5 % level');
  expect(text).toContain('of twenty runs without skill, one is expected to look significant by chance');
  expect(text).toContain(
    'One run names the sentiment of sentences. The bar is always naming the most frequent class: fixture-tuning is right more often than that.',
  );
  expect(pageOf(await renderSite([runDirs[0]]), 'index.html')).not.toContain('In short');
});

it('shows prediction intervals beside those of persistence, and sentiment with the returns around it', async () => {
  const runDir = await fixtureRun();
  const site = await renderSite([runDir]);
  const text = pageOf(site, 'forecast.html').replaceAll('\u00a0', ' ');
  expect(text).toMatch(/It held [\d.]+ % of the 100 test days/);
  expect(text).toMatch(/Its mean width is [\d,]+ points; around persistence the same method needs [\d,]+\./);
  const evaluation = await (await RunFolder.open(runDir)).readJson<Evaluation>('evaluation.json');
  expect(text).toContain(evaluation.leadLag?.summary);
  const lags = String(site.get('files/forecast-lead-lag.csv')).trim().split('\n').slice(1);
  expect(lags.map((line) => Number(line.split(',')[0]))).toEqual([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]);
  const days = String(site.get('files/forecast-prediction-intervals.csv')).trim().split('\n').slice(1);
  const { coverage } = evaluation.rows[0].predictionIntervals!.adaptive;
  const held = days.filter((line) => !line.endsWith('Outside')).length;
  expect(held + 100 - days.length).toBe(Math.round(100 * coverage));
  await changeJson<Evaluation>(runDir, 'evaluation.json', (value) => ({
    ...value,
    leadLag: null,
    rows: value.rows.map((row) => ({ ...row, predictionIntervals: null })),
  }));
  const without = pageOf(await renderSite([runDir]), 'forecast.html');
  expect(without).not.toContain('Prediction intervals');
  expect(without).not.toContain('returns around it');
});

describe('a comparison of variants', () => {
  const change = async (of: (results: ComparisonResults) => Partial<ComparisonResults>) => {
    const runDir = await fixtureComparison();
    await changeJson<ComparisonResults>(runDir, 'results.json', (results) => ({
      ...results,
      ...of(results),
    }));
    return runDir;
  };
  const textIn = (site: Site, name: string) => pageOf(site, name).replaceAll('\u00a0', ' ');
  const textOf = async (runDir: string) => textIn(await renderSite([runDir]), 'efficiency.html');

  it('tells on its page and the overview what the optimized variant saves, and whether accuracy differs', async () => {
    const site = await renderSite([await fixtureComparison()]);
    for (const name of ['efficiency.html', 'index.html']) {
      const text = textIn(site, name);
      expect(text).toContain(
        'lora-amp takes 4.00 times less training time, 2.67 times less memory, 333 times less storage for a checkpoint and 1.50 times less time per prediction, compared with full-fp32; accuracy does not differ by more than noise.',
      );
      expect(text).toContain('macro-F1 −0.0020 (−0.0080 to +0.0040)');
      expect(text).toContain('<th scope="row">Checkpoint size</th>');
      expect(text).toContain('<span>÷ 333<span class="interval">323 to 343, ');
    }
  });

  it('has every difference and every measurement as CSV with all digits', async () => {
    const site = await renderSite([await fixtureComparison()]);
    const deltas = String(site.get('files/efficiency-deltas.csv')).split('\n');
    expect(deltas[0]).toBe('job,variant,baseline,metric,kind,value,low,high,pairs,conclusion');
    expect(deltas[1]).toMatch(
      /^sentiment,full-amp,full-fp32,trainingTimeReduction,ratio,2\.50*\d?,2\.4250*\d?,2\.5750*\d?,3,better$/,
    );
    const measurements = String(site.get('files/efficiency-measurements.csv')).trimEnd().split('\n');
    expect(measurements).toHaveLength(1 + 24);
    expect(measurements[0]).toContain('latency8Merged.p50Ms');
    expect(String(site.get('files/efficiency-sentiment-costs.csv'))).toMatch(
      /^panel,variant,value,text\n"Training time, s per epoch",full-fp32,61.20*1?,61.2\n/,
    );
  });

  it('shows where the time and memory of an update go in baseline and optimized variant', async () => {
    const text = await textOf(await fixtureComparison());
    expect(text).toContain(
      'full-fp32: 600.0 ms per update, 50 % of it in matrix products and attention, at 40 % of the speed',
    );
    expect(text).toContain('<th scope="row">FinEncoder</th>');
    expect(text).toContain(
      '<td data-label="lora-amp"><span>90.00 ms<span class="interval">10 calls</span></span></td>',
    );
    expect(text).toContain('at most 1,800 MB');
  });

  it('shows a comparison without profiles, as those on other backends are', async () => {
    const runDir = await fixtureComparison({ profiles: false });
    const text = await textOf(runDir);
    expect(text).toContain('Inference by batch size');
    expect(text).not.toContain('Where the time of an update goes');
  });

  it('says it when accuracy is worse, and is not called better then, and when training was too short to tell', async () => {
    const text = await textOf(
      await change(({ deltas, variants }) => ({
        variants: variants.map((row) =>
          row.name === 'lora-amp' && row.job === 'sentiment'
            ? { ...row, stillImproving: row.scoredSeeds }
            : row,
        ),
        deltas: deltas.map((delta) =>
          delta.metric === 'deltaMacroF1' && delta.variant === 'lora-amp'
            ? { ...delta, value: -0.05, interval: [-0.06, -0.04], conclusion: 'worse' }
            : delta,
        ),
      })),
    );
    expect(text).toContain('it is worse by more than noise in macro-F1 (sentiment).');
    expect(text).toContain('<section class="verdict worse"');
    expect(text).toMatch(
      /Sentiment: training ended after \d epochs, while the validation loss of lora-amp still fell/,
    );
  });

  it('says it when something costs more', async () => {
    const text = await textOf(
      await change(({ deltas, delta }) => ({
        delta: { ...delta, inferenceSpeedup: 0.5 },
        deltas: deltas.map((one) =>
          one.metric === 'inferenceSpeedup'
            ? { ...one, value: 0.5, interval: [0.4, 0.6], conclusion: 'worse' }
            : one,
        ),
      })),
    );
    expect(text).toContain('2.00 times more time per prediction');
    expect(text).toContain('<section class="verdict same"');
  });

  it('claims nothing from one seed, or from costs alone', async () => {
    const single = await textOf(
      await change(({ deltas }) => ({
        seeds: 1,
        deltas: deltas.map((delta) => ({ ...delta, interval: null, conclusion: 'unknown', pairs: 1 })),
      })),
    );
    expect(single).toContain('one seed cannot say whether accuracy differs by more than noise');
    expect(single).toContain('<section class="verdict untested"');
    const costs = await textOf(
      await change(({ deltas }) => ({
        costOnly: true,
        deltas: deltas.filter(({ kind }) => kind === 'ratio'),
      })),
    );
    expect(costs).toContain('accuracy was not measured');
    expect(costs).not.toContain('scores on the test part');
  });

  it('is refused when a variant or a measurement is missing', async () => {
    await expect(
      renderSite([
        await change(({ variants }) => ({ variants: variants.filter(({ name }) => name !== 'full-fp32') })),
      ]),
    ).rejects.toThrow(/results\.json lacks full-fp32 in a job/);
    const runDir = await fixtureComparison();
    await changeRun(runDir, (folder) => folder.writeText('measurements.jsonl', ''));
    await expect(renderSite([runDir])).rejects.toThrow(/counts other measurements than measurements\.jsonl/);
  });
});

it('keeps runs of one kind apart, also when their folders have one name', async () => {
  const site = await renderSite([await fixtureTuning(), await fixtureTuning()]);
  expect([...site.keys()].filter((name) => name.endsWith('.html'))).toEqual([
    'index.html',
    'sentiment.html',
    'sentiment-2.html',
    'method.html',
  ]);
  expect(pageOf(site, 'sentiment-2.html')).toContain('id="sentiment-2-confusion-matrix"');
  expect(site.has('files/sentiment-2-confusion-matrix.csv')).toBe(true);
});

it('has no banner for a real market, says so when nothing was found, and does without epochs', async () => {
  const runDir = await fixtureRun({ synthetic: false, market: 'stocknews-djia', days: 200 });
  await changeRun(runDir, (folder) => folder.writeText('metrics.jsonl', ''));
  const page = pageOf(await renderSite([runDir]), 'forecast.html');
  expect(page).not.toContain('Synthetic market');
  expect(page).toContain('The model did not beat “tomorrow’s close is today’s close”.');
  expect(page).toContain('Sentiment did not help');
  expect(page).toContain('The run recorded no epochs.');
});

it('does not draw rows that would hide the differences between the others, and says so', async () => {
  const runDir = await fixtureRun();
  await changeJson<Evaluation>(runDir, 'evaluation.json', (evaluation) => ({
    ...evaluation,
    rows: evaluation.rows.map((row) =>
      row.model === 'drift' && row.differences
        ? { ...row, differences: { ...row.differences, mae: { value: 5e4, interval: [4e4, 6e4] } } }
        : row,
    ),
  }));
  const site = await renderSite([runDir]);
  expect(pageOf(site, 'forecast.html')).toContain('not drawn: drift, +50,000.0 (40,000.0 to 60,000.0)');
  expect(String(site.get('files/forecast-error-differences.csv'))).not.toContain('drift');
});

describe('a run that cannot be reported on', () => {
  it.each(['persistence', 'drift', 'majority-class'])('lacks %s', async (name) => {
    const runDir = await fixtureRun();
    await changeJson<Evaluation>(runDir, 'evaluation.json', (evaluation) => ({
      ...evaluation,
      rows: evaluation.rows.filter((row) => row.model !== name),
    }));
    await expect(renderSite([runDir])).rejects.toThrow(ReportInputError);
    await expect(renderSite([runDir])).rejects.toThrow(
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
    await expect(renderSite([runDir])).rejects.toThrow(ReportInputError);
    await expect(renderSite([runDir])).rejects.toThrow(message);
  });

  it('was not evaluated', async () => {
    const runDir = await fixtureRun();
    await changeRun(runDir, (folder) => rm(folder.path('evaluation.json')));
    await expect(renderSite([runDir])).rejects.toThrow(
      /evaluation\.json is not there; fin evaluate writes it/,
    );
  });

  it('has a broken line of metrics', async () => {
    const runDir = await fixtureRun();
    await changeRun(runDir, (folder) =>
      folder.writeText('metrics.jsonl', '{"epoch":1,"trainLoss":1}\n{"epoch"\n'),
    );
    await expect(renderSite([runDir])).rejects.toThrow(/metrics\.jsonl, line 2 is not JSON/);
  });

  it('was changed behind its manifest', async () => {
    const runDir = await fixtureRun();
    await rm(join(runDir, 'predictions.csv'));
    await expect(renderSite([runDir])).rejects.toThrow(/predictions\.csv/);
  });

  it('counts other sentences in its confusion matrix', async () => {
    const runDir = await fixtureTuning();
    await changeJson<{ confusion: number[][] }>(runDir, 'confusion.json', (value) => ({
      ...value,
      confusion: value.confusion.map((row) => row.map((count) => count + 1)),
    }));
    await expect(renderSite([runDir])).rejects.toThrow(
      /confusion\.json counts other sentences than evaluation/,
    );
  });

  it('is of a kind that has no page', async () => {
    const runDir = join(await fixtureRun(), '..', 'own');
    await (await RunFolder.create(runDir, { kind: 'custom' })).finish();
    await expect(renderSite([runDir])).rejects.toThrow(
      'is a run of your own, not the training of a forecaster or a walk-forward backtest or a sweep over settings or the fine-tuning of a sentiment model or a comparison of variants',
    );
  });

  it('is not there', async () => {
    await expect(renderSite([join(await fixtureRun(), 'nowhere')])).rejects.toMatchObject({ kind: 'input' });
  });
});
