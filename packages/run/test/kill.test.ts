import { expect, it } from 'vitest';
import { killWriters } from './kill.js';

it.each(['overwrite', 'evaluate'] as const)(
  'a finished run is whole after 3 kills of %s',
  {
    timeout: 300_000,
  },
  async (what) => {
    await expect(killWriters(what, 3)).resolves.toBeUndefined();
  },
);
