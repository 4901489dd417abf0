import { cacheLayout } from '../install/cache-layout.js';
import { StepImpossible } from '../install/errors.js';
import { findCompiler } from '../install/find-compiler.js';
import { platformPins } from '../install/pinned-wheels.js';
import { findPip } from '../install/pip.js';
import { findZig } from '../install/zig.js';
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
  const { compiler, passedOver } = await findCompiler();
  const problem = passedOver.join('; ') || null;
  if (compiler) return { found: compiler.name, problem };
  const zig = await findZig(cacheLayout(), platformPins());
  return { found: zig?.name ?? null, problem: problem ?? 'none on the PATH' };
}
