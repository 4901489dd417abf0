import type { Profile, ProfileSummary, StepProfiler } from '@fin/profiler';
import {
  chromeTrace,
  formatSummary,
  requireProfilable,
  schedule,
  startProfiler,
  summarizeProfile,
} from '@fin/profiler';
import type { RunEnvironment, RunFolder } from '@fin/run';
import { requireLogFolder, runKinds } from '@fin/run';
import type { FitEvent, StartEvent } from '../fit/fit-events.js';
import { requireOwnLog, TensorBoardLog } from '../tensorboard/tensor-board-log.js';

/** Updates before the profile: TensorFlow allocates memory in the first ones, and the optimizer its state. */
const WARMUP = 4;
/** Updates that are profiled. */
const ACTIVE = 3;
/** Updates of a training that is profiled and needs no more. */
export const PROFILED_UPDATES: number = WARMUP + ACTIVE;

/** What to record of a training besides its metrics. None of it changes the results. */
export interface FitRecords {
  /**
   * Whether to profile a few updates after the first ones, on native TensorFlow. The run gets `profile.json` (a summary), `profile.txt`
   * (its tables) and `trace.json` (for Perfetto). @default false
   */
  readonly profile?: boolean;
  /**
   * Folder for the event files of TensorBoard: losses, metrics and learning rates. It holds one run, and lies outside its run folder.
   * @default none
   */
  readonly tensorBoard?: string;
}

/** After the profile was taken; the run's files are being written. */
export interface RunProfileEvent {
  readonly kind: 'profile';
  readonly summary: ProfileSummary;
  /** Trace Event Format, for `chrome://tracing` and Perfetto. */
  readonly trace: string;
}

/** A listener for the events of `fit` that records what {@link FitRecords} asks for. */
export interface FitRecorder {
  see(event: FitEvent): void;
  /** Ends recording, also after an error. A profile that is not complete is dropped. */
  close(): Promise<void>;
}

/** The machine that a profile was taken on, for its summary. */
export function profiledOn(environment: RunEnvironment): ProfileSummary['about'] {
  const { precision, fusedOps, tensorflowVersion, cpu, cores } = environment;
  return {
    precision: `${precision.asked} (${precision.summary})`,
    'fused ops': fusedOps ? 'yes' : 'no',
    TensorFlow: tensorflowVersion,
    processor: `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`,
  };
}

/**
 * Checks before a run is written that it can be recorded. Call `loadTensorFlow` first.
 *
 * @param resume whether the run has begun, and may have a log already
 * @throws {ProfilerError} on backends other than native TensorFlow; `OutputError` of `@fin/run` when the logs cannot be written there
 * @throws {TrainInputError} when the folder holds the log of another run
 */
export async function requireRecordable(
  { profile = false, tensorBoard }: FitRecords,
  runDir: string,
  resume: boolean,
): Promise<void> {
  if (profile) requireProfilable();
  if (tensorBoard === undefined) return;
  await requireLogFolder(tensorBoard, runDir);
  if (!resume) requireOwnLog(tensorBoard, null);
}

/**
 * Records the events of `fit`.
 *
 * @param about what the profile is of, by name
 */
export function recordFit(
  run: RunFolder,
  { profile = false, tensorBoard }: FitRecords,
  about: ProfileSummary['about'],
  onEvent: (event: RunProfileEvent) => void,
): FitRecorder {
  const recorders = [
    ...(profile ? [profileRecorder(run, about, onEvent)] : []),
    ...(tensorBoard === undefined ? [] : [tensorBoardRecorder(run, tensorBoard)]),
  ];
  return {
    see: (event) => {
      for (const recorder of recorders) recorder.see(event);
    },
    close: async () => {
      for (const recorder of recorders) await recorder.close();
    },
  };
}

function profileRecorder(
  run: RunFolder,
  about: ProfileSummary['about'],
  onEvent: (event: RunProfileEvent) => void,
): FitRecorder {
  let writing: Promise<void> = Promise.resolve();
  const recorder = profileFit(about, (taken) => {
    const { summary } = taken;
    const trace = chromeTrace(taken.profile);
    writing = write(run, summary, trace);
    writing.catch(() => {}); // close() reports it
    onEvent({ kind: 'profile', summary, trace });
  });
  return {
    see: recorder.see,
    async close() {
      await recorder.close();
      await writing;
    },
  };
}

/** A profile of some updates. */
export interface FitProfile {
  readonly summary: ProfileSummary;
  /** The profile with its events. */
  readonly profile: Profile;
}

/**
 * A listener for the events of `fit` that profiles three updates after the first ones, with memory, on native TensorFlow. A short
 * training is profiled earlier.
 *
 * @param about what the profile is of, by name
 */
export function profileFit(
  about: ProfileSummary['about'],
  onProfile: (taken: FitProfile) => void,
): FitRecorder {
  let profiler: StepProfiler | null = null;
  let closed = false;
  const keep = (profile: Profile, first: number, active: number) => {
    if (closed) return;
    const updates = active === 1 ? `${first}` : `${first} to ${first + active - 1}`;
    onProfile({
      summary: summarizeProfile(profile, { steps: active, about: { ...about, updates } }),
      profile,
    });
  };
  return {
    see(event) {
      if (event.type === 'step') profiler?.step();
      if (event.type !== 'start') return;
      const window = profiledUpdates(event);
      if (window === null) return;
      const { skip, active } = window;
      profiler = startProfiler({
        schedule: schedule({ wait: Math.max(0, skip - 1), warmup: Math.min(1, skip), active, repeat: 1 }),
        profileMemory: true,
        onTraceReady: (profile) => keep(profile, event.step + skip + 1, active),
      });
    },
    async close() {
      closed = true;
      profiler?.stop();
    },
  };
}

async function write(run: RunFolder, summary: ProfileSummary, trace: string): Promise<void> {
  const { files } = runKinds.forecaster; // named the same in every kind of training
  await run.writeText(files.trace, trace);
  await run.writeText(files.profileTable, `${formatSummary(summary)}\n`);
  await run.writeJson(files.profile, summary);
}

/**
 * The updates to profile, counted from now. They follow some that warm up, and all lie in one epoch, whose evaluation is not part of
 * them.
 */
function profiledUpdates({
  step,
  totalSteps,
  stepsPerEpoch,
}: StartEvent): { readonly skip: number; readonly active: number } | null {
  const left = Math.min(stepsPerEpoch - (step % stepsPerEpoch), totalSteps - step);
  if (left <= 0) return null;
  if (left >= WARMUP + ACTIVE) return { skip: WARMUP, active: ACTIVE };
  const next = Math.min(stepsPerEpoch, totalSteps - step - left);
  if (next > left) {
    const warmup = Math.min(WARMUP, next - 1); // at least the first, which begins with the evaluation of the epoch before
    return { skip: left + warmup, active: Math.min(ACTIVE, next - warmup) };
  }
  const active = Math.min(ACTIVE, left);
  return { skip: left - active, active };
}

function tensorBoardRecorder(run: RunFolder, dir: string): FitRecorder {
  let begun = 0;
  let board: TensorBoardLog | null = null;
  return {
    see(event) {
      if (event.type === 'start') begun = event.step;
      if (event.type !== 'log' && event.type !== 'evaluation' && event.type !== 'epoch') return;
      board ??= new TensorBoardLog(dir, { run: run.id, after: begun }); // no file of a run without a point
      board.write(event);
    },
    close: async () => board?.close(),
  };
}
