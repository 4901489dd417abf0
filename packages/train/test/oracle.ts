import { readFileSync } from 'node:fs';

/** What `tooling/oracle/train.py` wrote. */
export interface Oracle {
  readonly adamw: {
    readonly shapes: Record<string, number[]>;
    readonly scales: Record<string, number>;
    readonly late: number;
    readonly steps: number;
    readonly initial: Record<string, number[]>;
    readonly groups: { readonly names: string[]; readonly weight_decay: number; readonly lr: number }[];
    readonly snapshots: Record<string, Record<string, number[]>>;
    readonly state: Record<string, { readonly expAvg: number[]; readonly expAvgSq: number[] }>;
  };
  readonly clipping: {
    readonly maxNorm: number;
    readonly before: { readonly shape: number[]; readonly data: number[] }[];
    readonly norm: number;
    readonly after: number[][];
  }[];
  readonly schedules: {
    readonly kind: 'linear' | 'cosine' | 'constant';
    readonly warmupSteps: number;
    readonly totalSteps: number;
    readonly factors: number[];
  }[];
}

export const oracle = JSON.parse(
  readFileSync(new URL('./fixtures/train.json', import.meta.url), 'utf8'),
) as Oracle;
