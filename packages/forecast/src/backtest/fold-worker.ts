import { loadKernels } from '@fin/kernels';
import { serveJobs } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import { loadTensorFlow } from '@fin/runtime';
import type { FoldForecast, FoldInput } from './fold-job.js';
import { forecastFold } from './fold-job.js';

/** How a worker computes. */
export interface WorkerStart {
  readonly backend: BackendName;
  /** Whether to load the fused ops of @fin/kernels: the same as in the parent process, since they may draw other dropout masks. */
  readonly fusedOps: boolean;
  /** Threads of each op. */
  readonly threads: number;
}

// A process of `runJobs`: forecasts one fold after another.
serveJobs<WorkerStart, FoldInput, FoldForecast>({
  async start({ backend, fusedOps, threads }) {
    await loadTensorFlow({ backend });
    if (fusedOps) await loadKernels({ threads });
  },
  run: forecastFold,
});
