export { LostRankError, MpiError, MpiUnavailableError, RanksDifferError } from './errors.js';
export type { InitOptions } from './init-process-group.js';
export { initProcessGroup } from './init-process-group.js';
export type { Launched } from './launcher.js';
export { launched } from './launcher.js';
export { compileMpiAddon } from './mpi-addon.js';
export type { ProcessGroup, ReduceOp } from './process-group.js';
export { singleProcess } from './single-process.js';
