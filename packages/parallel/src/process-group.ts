/** How the values of all ranks are combined. */
export type ReduceOp = 'sum' | 'min' | 'max';

/**
 * The processes of a program that was started as several ranks, as the default group of `torch.distributed`. Every rank calls the same
 * operations in the same order; each waits until all ranks have called it. In a group of one process they return at once.
 *
 * An operation rejects with {@link LostRankError} when another rank has ended, and with {@link MpiError} when MPI reports an error. The group
 * cannot be used afterwards.
 */
export interface ProcessGroup {
  /** Number of this process, from 0. */
  readonly rank: number;
  /** Number of processes. */
  readonly worldSize: number;
  /** Threads that this process should compute with, so that the ranks on one machine share its cores out. */
  readonly threads: number;
  /** The MPI library and its version; null for a single process. */
  readonly library: string | null;
  /** Waits until all ranks are here. */
  barrier(): Promise<void>;
  /** Copies the array of rank `root` into those of all other ranks. They have the same type and length. @default root 0 */
  broadcast(data: Float32Array | Float64Array | Uint8Array, root?: number): Promise<void>;
  /**
   * Combines the arrays of all ranks element by element, and writes the result over each of them: the same bits on every rank. The array must
   * not change until the promise is settled. Several calls run one after the other. @default op 'sum'
   */
  allReduce(data: Float32Array | Float64Array, op?: ReduceOp): Promise<void>;
  /** The same, and blocks this thread meanwhile. A lost rank is noticed only by the launcher, which then ends the others. */
  allReduceSync(data: Float32Array | Float64Array, op?: ReduceOp): void;
  /** Combines numbers of all ranks, in double precision. @default op 'sum' */
  allReduceNumbers(values: readonly number[], op?: ReduceOp): Promise<number[]>;
  /** The value of rank `root`: anything that can be cloned (as by `structuredClone`). Other ranks' values are ignored. @default root 0 */
  broadcastValue<T>(value: T, root?: number): Promise<T>;
  /** The values of all ranks, in their order. */
  allGather<T>(value: T): Promise<T[]>;
  /** Tells the other ranks that this one ends because of an error. They throw {@link LostRankError} with this message. */
  fail(error: Error): Promise<void>;
  /** Leaves the group, when all work is done. Waits for the other ranks. */
  close(): Promise<void>;
}
