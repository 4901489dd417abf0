/** One of several shares of a run's trainings. */
export interface Part {
  /** Number of the part, from 1. */
  readonly index: number;
  /** Number of parts. */
  readonly count: number;
}

/**
 * The jobs of one share. They are dealt there and back (to 1, 2, 3, 3, 2, 1, 1, …), so that the shares take about as long where trainings
 * grow with their folds, or where every second setting takes longer.
 */
export function shareOfJobs<Job>(jobs: readonly Job[], { index, count }: Part): Job[] {
  return jobs.filter((_, i) => {
    const turn = i % (2 * count);
    return Math.min(turn, 2 * count - 1 - turn) === index - 1;
  });
}
