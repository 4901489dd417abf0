import { availableCompiler } from '../install/available-compiler.js';
import { StepImpossible } from '../install/errors.js';
import { findPip } from '../install/pip.js';
import type { ToolReport } from './report.js';

/** Python's pip, by which the wheels come. */
export async function examinePip(): Promise<ToolReport> {
  try {
    return { found: (await findPip()).version, problem: null };
  } catch (error) {
    if (!(error instanceof StepImpossible)) throw error;
    return { found: null, problem: error.message };
  }
}

/** The system's C++ compiler, else zig where it is in the cache. */
export async function examineCompiler(): Promise<ToolReport> {
  const { compiler, passedOver } = await availableCompiler();
  const problem = passedOver.join('; ') || null;
  return { found: compiler?.name ?? null, problem: compiler ? problem : (problem ?? 'none on the PATH') };
}
