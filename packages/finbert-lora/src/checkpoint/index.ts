export type { Checkpoint, CheckpointTensorInfo } from './checkpoint.js';
export { CheckpointError } from './errors.js';
export type { StateDictMatch } from './match-state-dict.js';
export { matchStateDict } from './match-state-dict.js';
export { openCheckpoint } from './open-checkpoint.js';
export { openSafetensorsCheckpoint } from './open-safetensors-checkpoint.js';
export { openShardedCheckpoint } from './open-sharded-checkpoint.js';
export { openTorchCheckpoint, readTorchCheckpoint } from './torch/open-torch-checkpoint.js';
