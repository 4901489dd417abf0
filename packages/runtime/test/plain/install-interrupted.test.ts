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

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a run that is killed', () => {
  it.each([
    ['while npm downloads', 'npm'],
    ['while pip downloads', 'python3'],
    ['while it compiles', 'c++'],
    ['while it loads the binding', 'load'],
  ])(
    '%s leaves nothing that is taken as whole, and the next one finishes and sweeps',
    async (_when, step) => {
      const here = machine();
      const child = here.start({ FAKE_HANG: step });
      const ended = finish(child);
      await here.called(step);
      child.kill('SIGKILL');
      await ended;
      expect(existsSync(join(here.cache, 'binding'))).toBe(false);
      expect(here.leftovers()).not.toEqual([]);

      here.ageLock();
      const { outcome, stderr } = await here.runHere();
      expect(outcome, stderr).toMatchObject({
        status: 'installed',
        installation: { tensorflowVersion: '2.21.0' },
      });
      expect(here.leftovers()).toEqual([]);
    },
  );
});

describe('a run that is stopped', () => {
  it.each(['python3', 'c++'])('ends what it started and cleans up: %s', async (step) => {
    const here = machine();
    const child = here.start({ FAKE_HANG: step });
    const ended = finish(child);
    const { pid } = await here.called(step);
    child.kill('SIGINT');
    const { code, outcome } = await ended;
    expect(code).toBe(130);
    expect(outcome).toMatchObject({ error: 'InstallInterrupted' });
    expect(alive(pid)).toBe(false);
    expect(here.leftovers()).toEqual([]);
    expect(existsSync(join(here.cache, 'install.lock'))).toBe(false);
  });

  it('may be one that waits', async () => {
    const here = machine();
    const first = here.start({ FAKE_HANG: 'python3' });
    const firstEnded = finish(first);
    await here.called('python3');
    const second = here.start();
    const secondEnded = finish(second);
    await new Promise<void>((resolve) => second.stderr?.once('data', () => resolve()));
    second.kill('SIGINT');
    expect((await secondEnded).code).toBe(130);
    expect(existsSync(join(here.cache, 'install.lock'))).toBe(true);
    first.kill('SIGINT');
    expect((await firstEnded).code).toBe(130);
  });
});

describe('two runs at once', () => {
  it('do the work once; the second waits and says so', async () => {
    const here = machine();
    const first = finish(here.start({ FAKE_SLOW: '4' }));
    await here.called('npm');
    const second = finish(here.start());
    const [one, two] = await Promise.all([first, second]);
    expect(one.outcome.status).toBe('installed');
    expect(two.outcome.status).toBe('present');
    expect(two.outcome.installation).toEqual(one.outcome.installation);
    expect(two.stderr).toContain('waiting for another process');
    expect(here.calls('python3')).toHaveLength(1);
    expect(here.calls('c++')).toHaveLength(1);
  });

  it('started at the same moment also agree', async () => {
    const here = machine();
    const runs = await Promise.all([here.run(), here.run(), here.run()]);
    expect(runs.map(({ outcome }) => outcome.status).sort()).toEqual(['installed', 'present', 'present']);
    expect(here.calls('python3')).toHaveLength(1);
  });
});
