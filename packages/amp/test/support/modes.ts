import { hasNativeOps } from '@fin/runtime';

/** The modes there are on the backend under test, as values of `mode` in a policy. */
export const MODES: readonly ('auto' | 'low' | 'wide')[] = hasNativeOps() ? ['low', 'wide'] : ['auto'];
