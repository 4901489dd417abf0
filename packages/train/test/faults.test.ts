import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The training process is started and killed several times. */
const TIMEOUT = 240_000;

it('a run ends bit for bit where it would have, however often it is killed', {
  timeout: TIMEOUT,
}, async () => {
  const script = fileURLToPath(new URL('./faults/kill-runs.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '4']);
  expect(JSON.parse(stdout)).toMatchObject({
    kills: 4,
    lives: 5,
    finalStep: 30,
    leftOver: [],
    bitEqual: true,
  });
});
