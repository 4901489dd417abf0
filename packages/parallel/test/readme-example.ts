import { initProcessGroup } from '../src/index.js';

const group = await initProcessGroup();
const gradients = new Float32Array(1000).fill(group.rank);
const adding = group.allReduce(gradients); // goes on while this thread does something else
console.log(`rank ${group.rank} of ${group.worldSize}, ${group.threads} threads`);
await adding; // now every rank has the sums of all ranks
await group.close();
