import { inWorkFolder } from './cache-folders.js';
import type { Compiler } from './compiler.js';
import { findCompiler } from './compiler.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import type { Pip } from './pip.js';
import { findPip } from './pip.js';
import { fetchZig } from './zig.js';

/** The programs that an installation needs. Each is searched for once, when it is first needed. */
export interface Toolbox {
  /** @throws StepImpossible */
  pip(): Promise<Pip>;
  /** The system's C++ compiler, otherwise zig. @throws StepImpossible with both reasons */
  compiler(): Promise<Compiler>;
  /** Zig, for the case that the system's compiler fails. @throws StepImpossible */
  zig(): Promise<Compiler>;
}

const FIX =
  process.platform === 'darwin'
    ? 'Install a C++ compiler (`xcode-select --install`).'
    : 'Install a C++ compiler (Debian, Ubuntu: `sudo apt install g++`; Fedora: `sudo dnf install gcc-c++`).';

export function openToolbox(job: Job): Toolbox {
  const pip = once(() => findPip(job.signal));
  const zig = once(() => fetchZig(job, pip));
  const compiler = once(async () => {
    const { compiler, passedOver } = await inWorkFolder(job.layout, 'compiler', (dir) =>
      findCompiler(job.signal, dir),
    );
    for (const text of passedOver) job.report({ kind: 'note', text });
    if (compiler) return compiler;
    try {
      await pip();
      job.report({ kind: 'note', text: 'no C++ compiler on the PATH: using the one in the wheel ziglang' });
      return await zig();
    } catch (error) {
      if (!(error instanceof StepImpossible)) throw error;
      const system = passedOver.length > 0 ? passedOver.join('; ') : 'none on the PATH';
      throw new StepImpossible(`no C++ compiler (${system}), and not zig's either: ${error.message}`, {
        fix: error.fix ? `${FIX} Or: ${error.fix}` : FIX,
        cause: error,
      });
    }
  });
  return { pip, zig, compiler };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
