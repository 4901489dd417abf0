// A rank of three: calls every operation and prints what it got.
import { initProcessGroup } from '../../dist/index.js';

const group = await initProcessGroup();
const { rank, worldSize, threads, library } = group;
const sums = Float32Array.of(rank, 1, 0.5);
const pending = group.allReduce(sums); // further operations queue up behind it
const least = Float64Array.of(rank + 1, -rank);
await Promise.all([pending, group.allReduce(least, 'min')]);
const largest = Float32Array.of(rank);
group.allReduceSync(largest, 'max');
const copied = Uint8Array.of(rank, 7 * rank);
await group.broadcast(copied, 2);
const long = new Float32Array(3_000_001).fill(1);
await group.allReduce(long);
await group.barrier();
const results = {
  ...{ rank, worldSize, threads, library },
  ...{ sums: [...sums], least: [...least], largest: [...largest], copied: [...copied] },
  long: long.every((value) => value === worldSize),
  numbers: await group.allReduceNumbers([0.1 * rank, 1e-9]),
  value: await group.broadcastValue({ from: rank, nan: Number.NaN }, 1),
  gathered: await group.allGather('x'.repeat(10 * rank)),
};
process.stdout.write(`${JSON.stringify({ ...results, nan: Number.isNaN(results.value.nan) })}\n`);
await group.close();
