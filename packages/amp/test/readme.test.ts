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
  const [[decision, loss]] = print.mock.calls;
  print.mockRestore();
  vi.unstubAllEnvs();
  expect(decision).toBe(
    hasNativeOps()
      ? 'bfloat16: stored low, computed in float32 (FIN_AMP_MODE)'
      : 'bfloat16: rounding emulated, no gain in speed or memory (the backend has no low dtypes)',
  );
  expect(loss).toBeGreaterThan(1);
});
