import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BENCH } from '../commands/setup.mjs';
import { tinyWorkspace } from './tiny-workspace.mjs';

it('npm run bench runs one benchmark after another', () => {
  const bench = (name) => `echo ${name} >> ../../log && sleep 0.3 && echo ${name} >> ../../log`;
  const scripts = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { bench: bench(name) }]));
  const { root, turbo } = tinyWorkspace(scripts, { bench: { cache: false } });
  expect(turbo(...BENCH).status).toBe(0);
  const log = readFileSync(join(root, 'log'), 'utf8').trim().split('\n');
  expect(log.length).toBe(6);
  for (let i = 0; i < log.length; i += 2) expect(log[i]).toBe(log[i + 1]);
});
