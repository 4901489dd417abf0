import { loadKernels } from '@fin/kernels';
import type { ProfileSummary } from '@fin/profiler';
import { serveJobs } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import { loadTensorFlow } from '@fin/runtime';
import type { Latency } from '../results/measurement.js';
import type { InferJob } from './infer-job.js';
import { runInferJob } from './infer-job.js';
import type { ProfileJob, TrainJob, TrainResult } from './train-jobs.js';
import { runProfileJob, runTrainJob } from './train-jobs.js';

/** How a measuring process computes: as the process that starts it. */
export interface MeasureStart {
  readonly backend: BackendName;
  /** Whether to load the fused ops of @fin/kernels. */
  readonly fusedOps: boolean;
}

/** One job of a measuring process. */
export type MeasureJob =
  | ({ readonly kind: 'train' } & TrainJob)
  | ({ readonly kind: 'profile' } & ProfileJob)
  | ({ readonly kind: 'infer' } & InferJob);

/** Result of a {@link MeasureJob}. */
export type MeasureResult = TrainResult | ProfileSummary | readonly Latency[];

// A process that does one job, so that its memory is that of the job alone.
serveJobs<MeasureStart, MeasureJob, MeasureResult>({
  async start({ backend, fusedOps }) {
    await loadTensorFlow({ backend });
    if (fusedOps) await loadKernels();
  },
  async run(job, onProgress) {
    if (job.kind === 'train') return runTrainJob(job, onProgress);
    return job.kind === 'profile' ? runProfileJob(job, onProgress) : runInferJob(job, onProgress);
  },
});
