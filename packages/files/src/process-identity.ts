import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import process from 'node:process';

/** Identifies a process, also for readers on another machine or after a restart. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Time at which it took the lock, ISO 8601. */
  readonly since: string;
  /** Id of the machine's boot; null where the system has none. */
  readonly boot: string | null;
  /** Process namespace of `pid` (each container has its own); null where the system has none. */
  readonly namespace: string | null;
  /**
   * Start time of the process, in the system's unit. A later process with the same number has another. Null where the system does
   * not tell.
   */
  readonly started: string | null;
  /** The start of a Slurm job that the process belongs to. Absent outside of Slurm. */
  readonly job?: JobStart;
}

/** One of the starts of a Slurm job, which Slurm starts again after a preemption or the loss of a node. */
interface JobStart {
  readonly cluster: string;
  /** Slurm's number of the job; each task of a job array has its own. */
  readonly id: string;
  /** How often the job had been started before. */
  readonly restarts: number;
}

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    boot: await readTrimmed('/proc/sys/kernel/random/boot_id'),
    namespace: await readlink('/proc/self/ns/pid').catch(() => null),
    started: await startTime(process.pid),
    job: ownJobStart(),
  };
}

function ownJobStart(): JobStart | undefined {
  const { SLURM_JOB_ID: id, SLURM_CLUSTER_NAME: cluster = '', SLURM_RESTART_COUNT: restarts } = process.env;
  return id ? { cluster, id, restarts: Number(restarts ?? 0) } : undefined;
}

/**
 * Whether a process has certainly ended. A process that cannot be examined from here counts as alive, unless it belongs to an earlier
 * start of this Slurm job: Slurm starts a job again only when its processes have ended, perhaps on another node.
 */
export async function isCertainlyGone(other: ProcessIdentity, own: ProcessIdentity): Promise<boolean> {
  if (isEarlierStart(other.job, own.job)) return true;
  if (other.host !== own.host) return false;
  if (other.boot !== own.boot) return true;
  if (other.namespace !== own.namespace) return false;
  if (!answers(other.pid)) return true;
  const started = await startTime(other.pid);
  return started !== null && other.started !== null && started !== other.started;
}

const isEarlierStart = (other: JobStart | undefined, own: JobStart | undefined): boolean =>
  own !== undefined && other?.cluster === own.cluster && other.id === own.id && other.restarts < own.restarts;

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of `/proc/PID/stat`. Fields are counted after the command name, which may contain spaces and brackets. */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readTrimmed(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function readTrimmed(path: string): Promise<string | null> {
  return (await readFile(path, 'utf8').catch(() => null))?.trim() ?? null;
}
