import { afterAll, beforeAll, describe, it } from 'vitest';
import { readme, tryReadme } from '../install.mjs';
import { pack, published } from '../pack.mjs';

let packed;
beforeAll(() => {
  packed = pack();
}, 300_000);
afterAll(() => packed?.remove());

describe.each(['npm', 'pnpm', 'yarn'])('with %s', (manager) => {
  it.each(published.map(({ folder }) => folder))(
    '%s can be installed and used as its README says',
    (folder) => tryReadme(manager, readme(folder), packed.tarballs),
    300_000,
  );
});
