import { expect } from 'vitest';
import { kernelsState } from '../../src/state.js';
import './implementations.js';

const { addon } = kernelsState();

/** The sets of instructions of this processor for which there are kernels; empty where nothing is fused. */
export const instructionSets: readonly string[] = addon?.instructionSets() ?? [];

/** Computes with another set and number of threads from now on: '' and 0 for the best. */
export function chooseInstructions(name: string, threads: number): void {
  if (addon) expect(addon.choose(name, threads)).toBe(true);
}
