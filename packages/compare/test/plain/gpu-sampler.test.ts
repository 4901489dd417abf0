import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { GpuSampler } from '../../src/measure/gpu-sampler.js';

const path = process.env.PATH;
const dir = mkdtempSync(join(tmpdir(), 'fin-gpu-'));

afterEach(() => {
  process.env.PATH = path;
});

afterAll(() => rmSync(dir, { recursive: true }));

it('reads nothing where there is no nvidia-smi', async () => {
  process.env.PATH = dir;
  const sampler = new GpuSampler();
  await setTimeout(100);
  expect(await sampler.end()).toBeNull();
});

it.skipIf(process.platform === 'win32')(
  'takes the mean of the utilization and the peak of the memory',
  async () => {
    const program = join(dir, 'nvidia-smi');
    writeFileSync(
      program,
      '#!/bin/sh\necho "50, 1000"\necho "[N/A], 1"\necho "100, 3000"\necho "0, 2000"\nexec sleep 60\n',
    );
    chmodSync(program, 0o755);
    process.env.PATH = `${dir}:${path}`;
    const sampler = new GpuSampler();
    await setTimeout(500);
    expect(await sampler.end()).toEqual({ utilization: 0.5, peakMemoryBytes: 3000 * 2 ** 20 });
  },
);
