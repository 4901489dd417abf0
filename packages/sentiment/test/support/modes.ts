import { hasNativeOps } from '@fin/runtime';
import { onTestFinished } from 'vitest';

/** Values of FIN_AMP_MODE that make a difference on the current backend. */
export const modes: readonly ('wide' | 'low' | 'auto')[] = hasNativeOps() ? ['wide', 'low'] : ['auto'];

/** Runs in that mode until the test ends. */
export function useMode(mode: string): void {
  const before = process.env.FIN_AMP_MODE;
  process.env.FIN_AMP_MODE = mode;
  onTestFinished(() => {
    if (before === undefined) delete process.env.FIN_AMP_MODE;
    else process.env.FIN_AMP_MODE = before;
  });
}
