import { availableParallelism } from 'node:os';
import type { ProcessGroup } from './process-group.js';

/** The group of a program that runs as one process. */
export const singleProcess: ProcessGroup = {
  rank: 0,
  worldSize: 1,
  threads: availableParallelism(),
  library: null,
  barrier: async () => {},
  broadcast: async () => {},
  allReduce: async () => {},
  allReduceSync: () => {},
  allReduceNumbers: async (values) => [...values],
  broadcastValue: async (value) => value,
  allGather: async (value) => [value],
  fail: async () => {},
  close: async () => {},
};
