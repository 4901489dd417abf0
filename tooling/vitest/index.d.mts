/** Numbers in any nesting: a typed array, or arrays of arrays as JSON fixtures hold them. */
export type Numbers = ArrayLike<number> | readonly Numbers[];

/** Tolerance in the sense of `numpy.allclose`: |actual - expected| <= atol + rtol * |expected|. */
export interface Tolerance {
  /** Relative part, @default 1e-5 */
  readonly rtol?: number;
  /** Absolute part, @default 1e-6 */
  readonly atol?: number;
}

/** Throws, naming the worst element, unless every element is within the tolerance. NaN equals NaN only. */
export function allClose(actual: Numbers, expected: Numbers, tolerance?: Tolerance): void;

/** Largest |actual - expected|. */
export function maxDifference(actual: Numbers, expected: Numbers): number;

/** The tolerance that `docs/parity.md` promises. @param name the row's first cell */
export function parity(name: string): Required<Tolerance>;

/**
 * Path of a file among the shared study data and models, or null where this machine has none (`FIN_SHARED_DIR`, else
 * `shared/` beside the workspace). Tests that need one skip, and say so, when it is null.
 */
export function sharedPath(...parts: string[]): string | null;

/** Whether this process runs `npm run test:full` (`FIN_TEST_FULL=1`): for suites that then try more cases or repetitions. */
export const fullTier: boolean;

/** What a TensorBoard event file holds: a number, or the start of a session (1). */
export type LoggedEvent =
  | { readonly step: number; readonly tag: string; readonly value: number }
  | { readonly step: number; readonly session: number };

/** The events in all event files in a folder, in the order of the files, by a decoder of its own. */
export function readEvents(dir: string): LoggedEvent[];
