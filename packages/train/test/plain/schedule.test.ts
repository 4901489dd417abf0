import { allClose, parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { constantSchedule, cosineSchedule, linearSchedule } from '../../src/index.js';
import { oracle } from '../oracle.js';

const makers = { linear: linearSchedule, cosine: cosineSchedule, constant: constantSchedule };

describe('schedules', () => {
  it.each(
    oracle.schedules.map((sample) => [sample.kind, sample.warmupSteps, sample.totalSteps, sample] as const),
  )('equals transformers at every step: %s, warmup %i of %i', (kind, _warmup, _total, sample) => {
    const schedule = makers[kind](sample);
    const factors = sample.factors.map((_factor, step) => schedule(step));
    allClose(factors, sample.factors, parity('schedules'));
  });

  it('needs no length of the run to stay constant', () => {
    expect(constantSchedule()(0)).toBe(1);
    expect(constantSchedule({ warmupSteps: 4 })(1)).toBe(0.25);
  });
});
