// Kills a training run at random moments and lets it resume, again and again, and compares where it ends with where the
// same run ends that was never touched.
//   node kill-runs.mjs KILLS     prints what happened as JSON; FIN_BACKEND chooses the backend
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));
/** Updates, each with a checkpoint, that a run gets done between two kills, roughly. */
const STEPS_PER_KILL = 5;

const kills = Number(process.argv[2]);
const steps = kills * STEPS_PER_KILL + 10;
const home = await mkdtemp(join(tmpdir(), 'fin-kill-'));
try {
  const untouched = await live(join(home, 'untouched'), null);
  // On any machine a killed run gets some updates done, or none, so that the kills fall on all that a run does.
  const longestLife = 2 * STEPS_PER_KILL * untouched.millisecondsPerStep;
  const dir = join(home, 'killed');
  const report = { kills: 0, duringWrite: 0, beforeFirstUpdate: 0, lives: 0, finalStep: 0 };
  let last;
  do {
    last = await live(dir, report.kills < kills ? Math.random() * longestLife : null);
    report.lives++;
    if (!last.killed) continue;
    report.kills++;
    if (last.resumedFrom === 0) report.beforeFirstUpdate++;
    if ((await readdir(dir)).some((name) => name.endsWith('.tmp'))) report.duringWrite++;
  } while (last.killed);
  const names = (await readdir(dir)).sort();
  report.finalStep = Number(names.at(-1).slice('step-'.length));
  const leftOver = names.filter((name) => !name.startsWith('step-'));
  console.log(JSON.stringify({ ...report, steps, leftOver, bitEqual: last.hash === untouched.hash }));
} finally {
  await rm(home, { recursive: true, force: true });
}

/**
 * One life of the run.
 *
 * @param killAfter ms after training has begun, or null to let it end; a run that is to be killed waits for that before its end
 */
function live(dir, killAfter) {
  const lastStep = killAfter === null ? [] : [String(steps - 1)];
  const child = spawn(process.execPath, [WORKER, dir, String(steps), ...lastStep], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let resumedFrom = null;
  let begun = 0;
  child.stderr.on('data', (chunk) => (errors += chunk));
  child.stdout.on('data', (chunk) => {
    output += chunk;
    const ready = /ready (\d+)/.exec(output);
    if (!ready || resumedFrom !== null) return;
    resumedFrom = Number(ready[1]);
    begun = performance.now();
    if (killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve({ killed: true, resumedFrom });
      else if (code === 0) {
        const millisecondsPerStep = (performance.now() - begun) / steps;
        resolve({ killed: false, resumedFrom, hash: /done (\w+)/.exec(output)[1], millisecondsPerStep });
      } else reject(new Error(`the run could not go on (exit code ${code}, signal ${signal}): ${errors}`));
    });
  });
}
