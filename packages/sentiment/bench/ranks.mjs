// Step time of fine-tuning on two ranks with one thread each, beside one process with two threads, in turns; and the cost model of
// docs/hpc.md, checked against it.
//   node bench/ranks.mjs [lora|full] [--json]
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hasMpi, PERMISSIONS } from '@fin/testkit/mpi';

const WORKER = fileURLToPath(new URL('./ranks-worker.mjs', import.meta.url));
const ROUNDS = 2;
const ALL = ['lora', 'full'];
const chosen = ALL.filter((method) => process.argv.includes(method));
const METHODS = chosen.length > 0 ? chosen : ALL;

if (!hasMpi) process.exit();

/**
 * The contenders: ranks that work together, or `shares`: two processes that each do what one of two ranks does, with its sentences and its
 * copies of the gradients, but know nothing of each other. Threads of each; sentences per update.
 */
const CONTENDERS = {
  'one process, 2 threads': { threads: 2, batch: 32 },
  '2 ranks, 1 thread each': { ranks: 2, threads: 1, batch: 32 },
  'two shares, without MPI': { shares: true, threads: 1, batch: 32 },
  'two half shares, without MPI': { shares: true, threads: 1, batch: 16 },
};

/** Networks of the table: bytes per second and seconds per message, as their all-reduce benchmarks show them, not their labels. */
const NETWORKS = {
  'Ethernet, 10 Gbit/s': { bandwidth: 1.1e9, latency: 30e-6 },
  'InfiniBand, 100 Gbit/s': { bandwidth: 11e9, latency: 2e-6 },
};
const RANKS = [1, 2, 4, 8, 16, 32];

/**
 * Milliseconds of an update on n ranks: what every rank does, its share of the sentences, and a ring all-reduce (2 (n - 1) messages of
 * bytes / n each, one after the other).
 *
 * @param cores of a rank, among which its share divides evenly
 */
function updateTime(n, { fixed, perSentence, bytes }, { bandwidth, latency }, { batch, cores }) {
  const rounds = 2 * (n - 1);
  return fixed + (perSentence * batch) / n / cores + 1000 * rounds * (bytes / n / bandwidth + latency);
}

const run = promisify(execFile);

async function measure(method, { ranks = 1, shares = false, threads, batch }) {
  const limits = { TF_NUM_INTRAOP_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '2' };
  const env = { ...process.env, ...PERMISSIONS, ...limits };
  const outputs = await Promise.all(
    (shares ? [0, 1] : [undefined]).map((share) => {
      const args = [process.execPath, WORKER, JSON.stringify({ method, threads, batch, share })];
      const command = ranks === 1 ? args : ['mpirun', '-n', String(ranks), ...args];
      return run(command[0], command.slice(1), { env });
    }),
  );
  const [first, second] = outputs.map(({ stdout }) => JSON.parse(stdout));
  const slower = second && first.steps.map((step, i) => Math.max(step, second.steps[i]));
  return { ...first, steps: [...first.steps, ...(second?.steps ?? [])], slower };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const results = {};
for (const method of METHODS) {
  const runs = Object.fromEntries(Object.keys(CONTENDERS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, contender] of Object.entries(CONTENDERS))
      runs[name].push(await measure(method, contender));
  const milliseconds = (name) => median(runs[name].flatMap(({ steps }) => steps));
  const [alone, together, share, half] = Object.keys(CONTENDERS).map(milliseconds);
  const ranks = runs['2 ranks, 1 thread each'];
  const communication = median(ranks.map((run) => run.communication));
  const latency = median(ranks.map((run) => run.latency));
  const slower = median(runs['two shares, without MPI'].flatMap((run) => run.slower));
  const predicted = slower + communication;
  const perSentence = Math.max(0, share - half) / 8;
  const fixed = Math.max(0, share - 16 * perSentence);
  results[method] = {
    ...{ parameters: ranks[0].parameters, bytes: ranks[0].bytes, alone, together, share, slower },
    ...{ communication, latency, predicted, error: predicted / together - 1 },
    ...{ perSentence, fixed },
  };
}
const about = { processor: cpus()[0].model, cores: cpus().length, node: process.version };
if (process.argv.includes('--json')) console.log(JSON.stringify({ about, results }, null, 2));
else {
  console.log(
    `${about.processor}, ${about.cores} cores, Node ${about.node}; milliseconds, medians of ${ROUNDS} rounds in turns`,
  );
  for (const [method, row] of Object.entries(results)) {
    const ms = (value) => value.toFixed(1).padStart(8);
    console.log(
      `${method}: ${row.parameters.toLocaleString('en')} trained parameters, ${(row.bytes / 1e6).toFixed(2)} MB per update`,
    );
    console.log(`  one process, 2 threads            ${ms(row.alone)}`);
    console.log(`  2 ranks, 1 thread each            ${ms(row.together)}`);
    console.log(`  two shares, without MPI           ${ms(row.share)}`);
    console.log(`    the slower of the two           ${ms(row.slower)}`);
    console.log(
      `  adding up the gradients           ${ms(row.communication)}   (latency ${row.latency.toFixed(3)})`,
    );
    console.log(`  every rank: ${row.fixed.toFixed(1)}, and per sentence ${row.perSentence.toFixed(2)}`);
    console.log(
      `  model: the slower + adding up     ${ms(row.predicted)}   (${(100 * row.error).toFixed(1)} % off)`,
    );
  }
  for (const [method, row] of Object.entries(results))
    for (const [network, link] of Object.entries(NETWORKS))
      for (const cores of [1, 16]) {
        const times = RANKS.map((n) => updateTime(n, row, link, { batch: 32, cores }));
        const cells = times.map(
          (time, i) => `${RANKS[i]}: ${time.toFixed(0)} ms (${(times[0] / time).toFixed(1)}x)`,
        );
        console.log(
          `${method}, ${network}, ranks of ${cores} core${cores === 1 ? '' : 's'}: ${cells.join(', ')}`,
        );
      }
}
