import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';

/** How to compile and link C++ with the MPI of this machine. */
export interface MpiFlags {
  /** Flags of the compilation. They change with the version of MPI. */
  readonly compile: readonly string[];
  readonly link: readonly string[];
  /** The wrapper that told them, such as `mpicc`. */
  readonly wrapper: string;
}

/** Compiler wrappers of Open MPI, MPICH, Intel MPI and their packages. All print their command with `-show`. */
const WRAPPERS = ['mpicc', 'mpicxx', 'mpic++', 'mpicc.openmpi', 'mpicc.mpich'];

const PATH_FLAGS = /^-(I|L|l|Wl,|pthread|isystem)/;

/** Asks the compiler wrapper of MPI for its flags: `$MPICC`, then the usual names on the PATH. @returns null if there is none */
export async function findMpi(): Promise<MpiFlags | null> {
  const { execa } = await import('execa'); // takes long to load, and a process on its own needs none
  for (const wrapper of [...(env.MPICC ? [env.MPICC] : []), ...WRAPPERS]) {
    const { exitCode, stdout } = await execa(wrapper, ['-show'], { reject: false, stdin: 'ignore' });
    if (exitCode !== 0) continue;
    const flags = stdout.split(/\s+/).filter((word) => PATH_FLAGS.test(word));
    const includes = flags.filter((flag) => flag.startsWith('-I'));
    const header = await digestOfHeader(includes.map((flag) => flag.slice(2)));
    const isLink = (flag: string) => /^-(L|l|Wl,)/.test(flag);
    const folders = flags.filter((flag) => flag.startsWith('-L')).map((flag) => flag.slice(2));
    return {
      // Without the old C++ interfaces, which would need libraries of their own.
      compile: [...includes, '-DOMPI_SKIP_MPICXX', '-DMPICH_SKIP_MPICXX', `-DFIN_MPI_HEADER="${header}"`],
      link: [...flags.filter(isLink), ...folders.flatMap((dir) => ['-Xlinker', '-rpath', '-Xlinker', dir])],
      wrapper,
    };
  }
  return null;
}

/** Digest of `mpi.h`, which names the version; empty where it lies in a folder that the compiler knows by itself. */
async function digestOfHeader(folders: readonly string[]): Promise<string> {
  for (const dir of folders) {
    const content = await readFile(join(dir, 'mpi.h')).catch(() => null);
    if (content) return createHash('sha256').update(content).digest('hex').slice(0, 16);
  }
  return '';
}
