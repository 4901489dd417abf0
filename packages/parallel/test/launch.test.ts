import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initProcessGroup, launched, singleProcess } from '../src/index.js';
import { libraryName } from '../src/library-name.js';
import { compileMpiAddon } from '../src/mpi-addon.js';
import { parseRanges, threadsOf } from '../src/share-cores.js';

beforeEach(() => {
  for (const name of [
    'OMPI_COMM_WORLD_RANK',
    'OMPI_COMM_WORLD_SIZE',
    'PMI_RANK',
    'PMI_SIZE',
    'SLURM_STEP_ID',
  ])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const stub = (variables: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe('launched', () => {
  it('reads rank and size of Open MPI, of PMI, and of a Slurm step', () => {
    stub({ PMI_RANK: '1', PMI_SIZE: '2' });
    expect(launched()).toEqual({ rank: 1, worldSize: 2, launcher: 'mpirun' });
    stub({ PMI_RANK: '2', PMI_SIZE: '3', SLURM_STEP_ID: '0', SLURM_PROCID: '2', SLURM_STEP_NUM_TASKS: '3' });
    expect(launched()).toEqual({ rank: 2, worldSize: 3, launcher: 'srun' });
    stub({ PMI_RANK: '5', PMI_SIZE: '6' }); // mpirun reached three machines with srun
    expect(launched()).toEqual({ rank: 5, worldSize: 6, launcher: 'mpirun' });
    vi.stubEnv('PMI_SIZE', undefined);
    expect(launched()).toEqual({ rank: 2, worldSize: 3, launcher: 'srun' });
    stub({ OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_SIZE: '4' });
    expect(launched()).toEqual({ rank: 3, worldSize: 4, launcher: 'mpirun' });
  });

  it('is null for a process on its own, the script of a Slurm job, or the only rank', () => {
    expect(launched()).toBeNull();
    stub({ SLURM_PROCID: '0', SLURM_NTASKS: '4' });
    expect(launched()).toBeNull();
    stub({ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1' });
    expect(launched()).toBeNull();
  });
});

it('a process on its own needs no MPI', async () => {
  stub({ PATH: '/nowhere' });
  const group = await initProcessGroup();
  expect(group).toBe(singleProcess);
  const data = Float32Array.of(1, 2);
  await group.allReduce(data);
  expect([...data]).toEqual([1, 2]);
  expect(await group.allGather('one')).toEqual(['one']);
});

it('says how to get an MPI where there is none', async () => {
  stub({ PATH: '/nowhere', MPICC: '' });
  await expect(compileMpiAddon()).rejects.toThrow(
    /^There is no MPI on the PATH \(mpicc\): install one .*apt-get install openmpi-bin libopenmpi-dev/,
  );
});

it.each([
  [
    'Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022',
    'Open MPI v4.1.4',
  ],
  ['MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\n', 'MPICH 4.0.2'],
])('calls %j by name and version', (said, name) => {
  expect(libraryName(said)).toBe(name);
});

describe('the share of a rank', () => {
  const cores = (host: string, list: string) => {
    const allowed = parseRanges(list);
    return { host, allowed, count: allowed.length };
  };

  it('is all cores of its machine, divided among the ranks there', () => {
    const all = [cores('a', '0-7'), cores('a', '0-7'), cores('a', '0-7'), cores('b', '0-7')];
    expect(all.map((_, rank) => threadsOf(rank, all))).toEqual([2, 2, 2, 8]);
  });

  it('is what the launcher bound it to, shared where several are bound to the same', () => {
    const all = [cores('a', '0-3'), cores('a', '4-5,7'), cores('a', '8-9'), cores('a', '8-9')];
    expect(all.map((_, rank) => threadsOf(rank, all))).toEqual([4, 3, 1, 1]);
    expect(threadsOf(0, [cores('a', '0'), cores('a', '0')])).toBe(1);
  });

  it('is an equal part where the system does not tell which cores a process may use', () => {
    const all = [
      { host: 'a', allowed: null, count: 9 },
      { host: 'a', allowed: null, count: 9 },
    ];
    expect(threadsOf(1, all)).toBe(4);
  });
});
