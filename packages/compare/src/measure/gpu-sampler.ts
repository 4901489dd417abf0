import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GpuCost } from '../results/measurement.js';

/** Milliseconds between two readings. */
const INTERVAL_MS = 500;

/** Bytes of a MiB, nvidia-smi's unit of memory. */
const MIB = 2 ** 20;

/** Reads utilization and memory of the first GPU from nvidia-smi until it is ended. Without nvidia-smi it reads nothing. */
export class GpuSampler {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #utilization: number[] = [];
  #peak = 0;

  constructor() {
    this.#child = spawn(
      'nvidia-smi',
      [
        '--id=0',
        '--query-gpu=utilization.gpu,memory.used',
        '--format=csv,noheader,nounits',
        `--loop-ms=${INTERVAL_MS}`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve()); // there is no nvidia-smi
      this.#child.once('close', () => resolve());
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#read(line));
  }

  /** @returns the readings so far; null when there are none */
  async end(): Promise<GpuCost | null> {
    this.#child.kill();
    await this.#ended;
    const all = this.#utilization;
    if (all.length === 0) return null;
    return {
      utilization: all.reduce((sum, value) => sum + value, 0) / all.length,
      peakMemoryBytes: this.#peak,
    };
  }

  #read(line: string): void {
    const [percent, mebibytes] = line.split(',').map((cell) => Number.parseFloat(cell));
    if (!Number.isFinite(percent) || !Number.isFinite(mebibytes)) return;
    this.#utilization.push(percent / 100);
    this.#peak = Math.max(this.#peak, mebibytes * MIB);
  }
}
