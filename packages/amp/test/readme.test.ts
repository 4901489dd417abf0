import { readFile } from 'node:fs/promises';
import { hasNativeOps } from '@fin/runtime';
import { expect, it, vi } from 'vitest';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/amp'));

  vi.stubEnv('FIN_AMP_MODE', 'wide'); // without a probe that would write to the cache
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  const printed = print.mock.calls.map(([text]) => text as string);
  print.mockRestore();
  vi.unstubAllEnvs();
  expect(printed[0]).toBe(
    hasNativeOps()
      ? 'bfloat16: stored low, computed in float32 (FIN_AMP_MODE)'
      : 'bfloat16: rounding emulated, no gain in speed or memory (the backend has no low dtypes)',
  );
  expect(printed.slice(1, 3)).toEqual(['step 0: loss above 1', 'step 199: loss below 1']);
});
