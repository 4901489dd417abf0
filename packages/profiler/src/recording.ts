import type { Recorder } from './recorder.js';

/** The profile that is being taken; null when none is. */
export const recording: { current: Recorder | null } = { current: null };
