import { spawn, spawnSync } from 'node:child_process';

/** Open MPI starts nothing as root, nor more ranks than cores, unless these ask for it. Other MPIs ignore them. */
export const PERMISSIONS = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
};

const [mpirun, mpicc] = ['mpirun', 'mpicc'].map((name) =>
  spawnSync(name, ['--version'], { encoding: 'utf8' }),
);
const found = mpirun.status === 0 && mpicc.status === 0;
if (!found) console.error('skipping every test with several ranks: there is no MPI here (mpirun, mpicc)');

/** Whether this machine has an MPI. If not, one line on stderr has said so. */
export const hasMpi = found;

/** Whether the launcher leaves the other ranks some time when one is killed. That of MPICH kills them at once. */
export const sparesOthers = /Open MPI/.test(mpirun.stdout ?? '');

/** Starts a Node program as several ranks and waits for its end. */
export function runRanks(count, args, { env = {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const ranks = spawn('mpirun', ['-n', String(count), process.execPath, ...args], {
      env: { ...process.env, ...PERMISSIONS, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      ranks[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    ranks.on('error', reject);
    ranks.on('close', (code) => resolve({ code, ...output }));
  });
}
