// Writes to a run folder without end, for tests that kill it.
//   node kill-worker.mjs overwrite|evaluate FOLDER     prints "ready" when it begins
import { z } from 'zod';
import { addToFinishedRun, withRun } from '../dist/index.js';

const [what, dir] = process.argv.slice(2);
console.log('ready');
for (let round = 0; ; round++) {
  const text = `${process.pid} ${round} `.repeat(200);
  if (what === 'overwrite') await overwrite(text);
  else await addToFinishedRun(dir, 'evaluation.json', JSON.stringify(text));
}

/** Trains a new run over the one in the folder; all of its files hold the same text. */
function overwrite(text) {
  const plan = {
    dir,
    kind: 'forecaster',
    overwrite: true,
    resolve: () => ({}),
    schema: z.object({}),
    open: async () => ({ inputs: [], source: {}, environment: {}, data: { fingerprint: text } }),
  };
  return withRun(plan, async ({ run }) => {
    await run.writeText('checkpoints/step-1/state.json', text);
    await run.writeText('checkpoint/forecaster.json', text);
    await run.writeText('predictions.csv', text);
    return text;
  });
}
