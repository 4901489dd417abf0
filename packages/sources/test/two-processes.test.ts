import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bench, COMMIT, MODEL, WEIGHTS } from './tiny-model.js';

const at = bench();
const WORKER = fileURLToPath(new URL('./pull-worker.mjs', import.meta.url));
const MiB = 2 ** 20;

const worker = () => spawn(process.execPath, [WORKER, MODEL], { env: { ...process.env, ...at.env } });

const requestsOfWeights = () => at.hub.requests.filter(({ where }) => where === 'store');

it('two processes fetch each file once: the second waits, and finds all of it', async () => {
  at.hub.fault = ({ where, normal }) => {
    if (where === 'hub') return false;
    setTimeout(() => normal(), 700);
    return true;
  };
  const both = [worker(), worker()].map(async (child) => {
    const [out, notes] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { ...(JSON.parse(out) as { commit: string; fetched: number }), notes };
  });
  const results = await Promise.all(both);
  expect(results.map(({ commit }) => commit)).toEqual([COMMIT, COMMIT]);
  expect(results.map(({ fetched }) => fetched).sort()).toEqual([0, 4]);
  expect(requestsOfWeights()).toHaveLength(1);
  expect(results.find(({ fetched }) => fetched === 0)?.notes).toMatch(/is being written by process \d+/);
});

it('a process that is killed leaves what it has, and the next one goes on', async () => {
  at.hub.fault = ({ where, response, count }) => {
    if (where === 'hub' || count > 1) return false;
    response.writeHead(200, { 'content-length': WEIGHTS.length });
    response.write(WEIGHTS.subarray(0, 2 * MiB));
    return true;
  };
  const child = worker();
  for await (const line of child.stderr) if (String(line).includes('"done":2097152')) break;
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { dir } = await at.pull();
  expect(readFileSync(join(dir, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  expect(requestsOfWeights().map(({ range }) => range)).toEqual([undefined, `bytes=${2 * MiB}-`]);
});

it('two calls in one process wait for each other, too', async () => {
  const [first, second] = await Promise.all([at.pull(), at.pull()]);
  expect(first.dir).toBe(second.dir);
  expect(requestsOfWeights()).toHaveLength(1);
});
