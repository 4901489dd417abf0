import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { LostRankError, MpiError } from './errors.js';
import { libraryName } from './library-name.js';
import type { MpiAddon } from './mpi-addon.js';
import { operations } from './mpi-addon.js';
import type { ProcessGroup, ReduceOp } from './process-group.js';
import { coresOfProcess, threadsOf } from './share-cores.js';
import type { Member, WatchPlace } from './watch.js';
import { Watch } from './watch.js';

/** Time after an error of MPI in which the rank that caused it may still be found out. */
const EXPLANATION_MS = 2_000;

/** A process group over MPI. */
export class MpiGroup implements ProcessGroup {
  readonly rank: number;
  readonly worldSize: number;
  readonly library: string;
  readonly #addon: MpiAddon;
  #threads = 1;
  #watch: Watch | null = null;
  #lost: LostRankError | null = null;
  /** Rejects the operations that are under way. */
  readonly #pending = new Set<(error: Error) => void>();

  private constructor(addon: MpiAddon) {
    const { rank, size, library } = addon.describe();
    this.#addon = addon;
    this.rank = rank;
    this.worldSize = size;
    this.library = libraryName(library);
  }

  static async open(addon: MpiAddon): Promise<MpiGroup> {
    await addon.run(operations.init, NOTHING, 0);
    const group = new MpiGroup(addon);
    const { host } = addon.describe();
    const all = await group.allGather({ ...coresOfProcess(host), pid: process.pid });
    group.#threads = threadsOf(group.rank, all);
    await group.#watchOver(all.map(({ host, pid }, rank) => ({ rank, host, pid })));
    return group;
  }

  get threads(): number {
    return this.#threads;
  }

  async barrier(): Promise<void> {
    await this.#run(operations.barrier, NOTHING);
  }

  async broadcast(data: Float32Array | Float64Array | Uint8Array, root = 0): Promise<void> {
    await this.#run(operations.broadcast, data, root);
  }

  async allReduce(data: Float32Array | Float64Array, op: ReduceOp = 'sum'): Promise<void> {
    await this.#run(operations[op], data);
  }

  allReduceSync(data: Float32Array | Float64Array, op: ReduceOp = 'sum'): void {
    if (this.#lost) throw this.#lost;
    try {
      this.#addon.runSync(operations[op], data, 0);
    } catch (error) {
      throw new MpiError(`MPI: ${(error as Error).message}`, { cause: error });
    }
  }

  async allReduceNumbers(values: readonly number[], op: ReduceOp = 'sum'): Promise<number[]> {
    const data = Float64Array.from(values);
    await this.allReduce(data, op);
    return [...data];
  }

  async broadcastValue<T>(value: T, root = 0): Promise<T> {
    const own = this.rank === root;
    const bytes = own ? serialize(value) : null;
    const size = Float64Array.of(bytes?.length ?? 0);
    await this.broadcast(size, root);
    const data = bytes ? Uint8Array.from(bytes) : new Uint8Array(size[0]);
    await this.broadcast(data, root);
    return own ? value : (deserialize(data) as T);
  }

  async allGather<T>(value: T): Promise<T[]> {
    const bytes = serialize(value);
    const sizes = new Float64Array(this.worldSize);
    sizes[this.rank] = bytes.length;
    await this.allReduce(sizes);
    const width = Math.max(...sizes);
    const data = new Uint8Array(width * this.worldSize);
    data.set(bytes, this.rank * width);
    await this.#run(operations.gather, data);
    return Array.from(
      sizes,
      (size, rank) => deserialize(data.subarray(rank * width, rank * width + size)) as T,
    );
  }

  async fail(error: Error): Promise<void> {
    if (error instanceof LostRankError) return; // everyone knows
    await this.#watch?.fail(error.message);
    this.#addon.abandon();
  }

  async close(): Promise<void> {
    await this.#watch?.done();
    if (this.#lost) throw this.#lost;
    await this.#run(operations.finalize, NOTHING);
    this.#watch?.close();
  }

  async #watchOver(members: readonly Member[]): Promise<void> {
    const watch = new Watch(this.rank, members, (error) => {
      this.#lost = error;
      this.#addon.abandon();
      for (const reject of this.#pending) reject(error);
    });
    const nowhere: WatchPlace = { port: 0, addresses: [], token: '' };
    const place = await this.broadcastValue(this.rank === 0 ? await watch.listen() : nowhere);
    const joined = this.rank === 0 || (await watch.join(place));
    const [everyone] = await this.allReduceNumbers([joined ? 1 : 0], 'min');
    if (everyone === 1) this.#watch = watch;
    else watch.close();
  }

  async #run(operation: number, data: Float32Array | Float64Array | Uint8Array, root = 0): Promise<void> {
    if (this.#lost) throw this.#lost;
    const { promise, resolve, reject } = withResolvers();
    this.#pending.add(reject);
    this.#addon.run(operation, data, root).then(resolve, reject);
    try {
      await promise;
    } catch (error) {
      if (error instanceof LostRankError) throw error;
      await sleep(this.#lost ? 0 : EXPLANATION_MS);
      throw this.#lost ?? new MpiError(`MPI: ${(error as Error).message}`, { cause: error });
    } finally {
      this.#pending.delete(reject);
    }
  }
}

const NOTHING = new Uint8Array(0);

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let [resolve, reject] = [() => {}, (_: Error) => {}];
  const promise = new Promise<void>((settle, refuse) => {
    [resolve, reject] = [settle, refuse];
  });
  return { promise, resolve, reject };
}
