import { describe, expect, it } from 'vitest';
import type { ProfilerEvent } from '../../src/index.js';
import { formatTable, keyAverages } from '../../src/index.js';

const event = (name: string, duration: number, more: Partial<ProfilerEvent> = {}): ProfilerEvent => ({
  name,
  kind: 'op',
  start: 0,
  duration,
  selfDuration: duration,
  stack: [],
  shapes: [],
  outputBytes: 0,
  flops: null,
  dtype: null,
  ...more,
});

describe('the table', () => {
  const events = [
    event('MatMul', 2000, { outputBytes: 2048, flops: 8e6 }),
    event('AddV2', 500),
    event('AddV2', 500),
    event('Sum', 1.5),
  ];

  it('has torch.profiler’s columns and units, the slowest first', () => {
    expect(formatTable(keyAverages(events)).split('\n')).toEqual([
      'Name    Self CPU %  Self CPU  CPU total %  CPU total  CPU time avg   Output  # of Calls  GFLOP/s',
      '------  ----------  --------  -----------  ---------  ------------  -------  ----------  -------',
      'MatMul      66.63%   2.000ms       66.63%    2.000ms       2.000ms  2.00 KB           1      4.0',
      'AddV2       33.32%   1.000ms       33.32%    1.000ms     500.000us      0 B           2       --',
      'Sum          0.05%   1.500us        0.05%    1.500us       1.500us      0 B           1       --',
      'Self CPU time total: 3.002ms',
    ]);
  });

  it('shows the share of the peak by dtype, and what an op fuses', () => {
    const low = [
      event('BatchMatMulV2', 1000, { flops: 4e7, dtype: 'bfloat16' }),
      event('BatchMatMulV2', 1000, { flops: 1e7, dtype: 'float32' }),
      event('FinGelu', 500),
    ];
    const rows = keyAverages(low, { sortBy: 'total' });
    expect(formatTable(rows, { peak: { float32: 40, bfloat16: 80 } }).split('\n')).toEqual([
      'Name           Self CPU %   Self CPU  CPU total %  CPU total  CPU time avg  Output  # of Calls  GFLOP/s  % of peak  Computed in  Fuses',
      '-------------  ----------  ---------  -----------  ---------  ------------  ------  ----------  -------  ---------  -----------  ----------',
      'BatchMatMulV2      40.00%    1.000ms       40.00%    1.000ms       1.000ms     0 B           1     40.0      50.0%     bfloat16',
      'BatchMatMulV2      40.00%    1.000ms       40.00%    1.000ms       1.000ms     0 B           1     10.0      25.0%      float32',
      'FinGelu            20.00%  500.000us       20.00%  500.000us     500.000us     0 B           1       --         --           --  bias, GELU',
      'Self CPU time total: 2.500ms',
    ]);
  });

  it('cuts long tables and says so', () => {
    expect(formatTable(keyAverages(events), { rowLimit: 1 })).toContain('(2 more rows)');
  });

  it('stands for an empty profile, too', () => {
    expect(formatTable(keyAverages([]))).toContain('Self CPU time total: 0.000us');
  });
});
