import type { ViteUserConfig } from 'vitest/config';

/** Options of vitest's `test` that a package sets differently. */
type Overrides = NonNullable<ViteUserConfig['test']>;

export function plainTests(overrides?: Overrides): ViteUserConfig;

export function backendTests(
  overrides?: Overrides,
  options?: { loader?: string; isolated?: readonly string[]; isolatePlain?: boolean },
): Promise<ViteUserConfig>;
