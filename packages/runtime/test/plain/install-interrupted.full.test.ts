import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { finish, Machine } from './install-support/machine.js';

const machines: Machine[] = [];
const machine = (): Machine => {
  const made = new Machine();
  machines.push(made);
  return made;
};

afterEach(() => {
  for (const made of machines.splice(0)) {
    for (const { pid } of made.calls()) stop(pid);
    made.remove();
  }
});

/** Ends a fake program that a killed run left behind. */
function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

describe('a run that is killed', () => {
  it('at any moment, again and again, never leaves a half-made installation', async () => {
    const here = machine();
    for (let kill = 0; kill < 8; kill++) {
      const child = here.start({ FAKE_SLOW: '06' });
      const ended = finish(child);
      const timer = setTimeout(() => child.kill('SIGKILL'), 120 + 90 * kill);
      const { outcome } = await ended;
      clearTimeout(timer);
      if (outcome.installation) expect(existsSync(outcome.installation.bindingPath)).toBe(true);
      if (existsSync(join(here.cache, 'install.lock'))) here.ageLock();
    }
    // A compiler that outlived its run writes on; what it makes after a sweep is left to the next one.
    for (const { pid } of here.calls()) stop(pid);
    expect((await here.runHere()).outcome.installation).toMatchObject({ tensorflowVersion: '2.21.0' });
    expect(here.leftovers()).toEqual([]);
  });

  it('does not hold up the next one for long', async () => {
    const here = machine();
    const child = here.start({ FAKE_HANG: 'python3' });
    const ended = finish(child);
    await here.called('python3');
    child.kill('SIGKILL');
    await ended;
    const { outcome, stderr } = await here.runHere();
    expect(outcome.status).toBe('installed');
    expect(stderr).toContain('waiting for another process');
  });
});
