import { StandardScaler } from '@fin/data';
import { allClose, parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { arma11LogLikelihood, fitArma11, innovations } from '../../src/baselines/arima.js';
import { fitAutoregression, selectOrder } from '../../src/baselines/autoregression.js';
import { logReturns } from '../../src/baselines/log-returns.js';
import { fitRidge, PENALTIES } from '../../src/baselines/ridge.js';
import { forecastBaselines } from '../../src/index.js';
import { oracle } from './baselines-oracle.js';

const regressions = parity('baseline-regressions');
const arimaTolerance = parity('baseline-arima');

describe.each(oracle.series)('time series models against statsmodels, series %#', (series) => {
  const returns = logReturns(Float64Array.from(series.closes));
  const train = [returns.subarray(0, series.train)];
  const forecastDays = series.arima.forecasts.length;

  /** The registry's forecasts of the days after the training returns, as log returns; the last day has no outcome to read. */
  const registryForecasts = (name: string) => {
    const date = (day: number) => new Date(Date.UTC(2001, 0, 1 + day)).toISOString().slice(0, 10);
    const samples = [...series.closes].map((lastClose, i) => ({
      decisionDate: date(i),
      targetDate: date(i + 1),
      lastClose,
      targetClose: series.closes[i + 1] ?? lastClose,
    }));
    const [first, last] = [samples.slice(0, series.train), samples.slice(series.train)];
    const { test } = forecastBaselines({ train: first, validation: [], test: last }).find(
      ({ model }) => model === name,
    )!;
    return test.map(({ predicted, lastClose }) => Math.log(predicted / lastClose));
  };

  it('AR: order, coefficients, forecasts', () => {
    const order = selectOrder(train);
    expect(order).toBe(series.ar.order);
    const { intercept, coefficients } = fitAutoregression(train, order);
    allClose([intercept, ...coefficients], series.ar.params, regressions);
    allClose(registryForecasts('ar'), series.ar.forecasts, regressions);
  });

  it('ARIMA: likelihood, coefficients, forecasts', () => {
    const { ar, ma, logLikelihood } = series.arima;
    allClose([arma11LogLikelihood(train, ar, ma)], [logLikelihood], { rtol: 1e-12, atol: 0 });
    const own = fitArma11(train);
    expect(own.logLikelihood).toBeGreaterThan(logLikelihood - 1e-9);
    allClose([own.ar, own.ma], [ar, ma], arimaTolerance);
    const atTheirs = Array.from({ length: forecastDays }, (_, i) =>
      innovations(returns.subarray(0, series.train + i), ar, ma),
    );
    allClose(
      atTheirs.map(({ forecast }) => forecast),
      series.arima.forecasts,
      { rtol: 1e-7, atol: 1e-10 },
    );
    allClose(registryForecasts('arima-1-1-1'), series.arima.forecasts, arimaTolerance);
  });
});

describe.each(oracle.ridge)('ridge against scikit-learn, case %#', (sample) => {
  it('penalty, coefficients, forecasts', () => {
    const { x, y, train, penalty, intercept, coefficients, forecasts } = sample;
    const scaler = new StandardScaler(x[0].length).fit(x.slice(0, train).flat());
    const rows = x.map((row) => scaler.transform(row));
    const own = fitRidge(rows.slice(0, train), y.slice(0, train));
    expect(own.penalty).toBe(PENALTIES.find((value) => Math.abs(value / penalty - 1) < 1e-12));
    allClose([own.intercept, ...own.coefficients], [intercept, ...coefficients], regressions);
    const predicted = rows
      .slice(train)
      .map((row) => own.coefficients.reduce((sum, value, i) => sum + value * row[i], own.intercept));
    allClose(predicted, forecasts, regressions);
  });
});
