// A rank that ends too early, or meets another that does. Arguments: the way in which rank 1 ends, and after how many milliseconds.
import { initProcessGroup, LostRankError } from '../../dist/index.js';

const [, , how, delay] = process.argv;
const group = await initProcessGroup();
process.on('SIGTERM', () => {}); // mpirun sends it as soon as it has noticed
if (group.rank === 1) {
  setTimeout(async () => {
    if (how === 'kill') process.kill(process.pid, 'SIGKILL');
    await group.fail(new Error('the disk is full'));
    process.exit(1);
  }, Number(delay));
}
const data = new Float32Array(200_000);
try {
  for (;;) await group.allReduce(data.fill(group.rank));
} catch (error) {
  const lost = error instanceof LostRankError ? error.rank : null;
  process.stdout.write(`${JSON.stringify({ rank: group.rank, lost, message: error.message })}\n`, () =>
    process.exit(3),
  );
}
