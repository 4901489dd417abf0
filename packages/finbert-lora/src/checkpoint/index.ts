export type { Checkpoint, CheckpointTensorInfo } from './checkpoint.js';
export { CheckpointError } from './errors.js';
export type { LoadedStateDict } from './load-state-dict.js';
export { loadStateDict } from './load-state-dict.js';
export { openCheckpoint, openSafetensorsCheckpoint } from './open-checkpoint.js';
export { openShardedCheckpoint } from './open-sharded-checkpoint.js';
export { openTorchCheckpoint, readTorchCheckpoint } from './torch/open-torch-checkpoint.js';
