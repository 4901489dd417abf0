import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('the first example of the README runs', async () => {
  const readme = await readFile(`${root}/README.md`, 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)![1]!;
  const { stdout } = await promisify(execFile)(execPath, ['--input-type=module', '-e', example], {
    cwd: root,
    env,
  });
  expect(stdout).toContain(`${env.FIN_BACKEND} `);
  expect(stdout).toContain('[ 4, 8 ] true');
});
