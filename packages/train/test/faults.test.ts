import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findBackends } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

/** The training process is started again after every kill. */
const TIMEOUT = 600_000;

/** Kills at random moments. */
const KILLS = fullTier ? 25 : 2;

/** Each start of a process takes seconds: outside of the full tier one backend shows it, the best one of this machine. */
const [best] = (await findBackends()).filter(({ available }) => available);
const skipped = tf.getBackend() !== best.name && !fullTier;

it.skipIf(skipped)(
  'a run ends bit for bit where it would have, however often it is killed',
  {
    timeout: TIMEOUT,
  },
  async () => {
    const script = fileURLToPath(new URL('./faults/kill-runs.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(KILLS)]);
    expect(JSON.parse(stdout)).toMatchObject({
      kills: KILLS,
      lives: KILLS + 1,
      finalStep: 5 * KILLS + 10,
      leftOver: [],
      bitEqual: true,
    });
  },
);
