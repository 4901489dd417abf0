import { expect, it } from 'vitest';
import { schedule } from '../../src/index.js';

const actions = (options: Parameters<typeof schedule>[0], steps: number) => {
  const actionOf = schedule(options);
  return Array.from({ length: steps }, (_, step) => actionOf(step));
};

it('waits, warms up, records and saves, as torch.profiler does', () => {
  expect(actions({ wait: 1, warmup: 1, active: 2 }, 8)).toEqual([
    'none',
    'warmup',
    'record',
    'save',
    'none',
    'warmup',
    'record',
    'save',
  ]);
});

it('skips the first steps once, and ends after its cycles', () => {
  expect(actions({ skipFirst: 2, wait: 0, warmup: 1, active: 1, repeat: 1 }, 6)).toEqual([
    'none',
    'none',
    'warmup',
    'save',
    'none',
    'none',
  ]);
});

it.each([
  [{ wait: -1, warmup: 0, active: 1 }, 'wait is -1'],
  [{ wait: 0, warmup: 0, active: 0 }, 'active is 0'],
  [{ wait: 0, warmup: 0.5, active: 1 }, 'warmup is 0.5'],
])('refuses %j', (options, message) => {
  expect(() => schedule(options)).toThrow(message);
});
