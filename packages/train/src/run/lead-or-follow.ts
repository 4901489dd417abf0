import type { ProcessGroup } from '@fin/parallel';

/** The parts of the ranks in a run. */
export interface RankRoles<Settings, Result> {
  /** Of rank 0, which writes the run. It calls `announce` with the settings of the run before it trains. */
  readonly lead: (announce: (settings: Settings) => Promise<void>) => Promise<Result | null>;
  /** Of all others, which train along. */
  readonly follow: (settings: Settings) => Promise<void>;
}

/**
 * Makes a run with a group of processes: rank 0 leads, and the others follow with its settings. A rank that fails tells the others why.
 *
 * @returns the result of rank 0; null on the others
 */
export async function leadOrFollow<Settings, Result>(
  group: ProcessGroup,
  { lead, follow }: RankRoles<Settings, Result>,
): Promise<Result | null> {
  try {
    if (group.rank > 0) {
      const settings = await group.broadcastValue<Settings | null>(null);
      if (settings !== null) await follow(settings);
      return null;
    }
    let announced = false;
    const result = await lead(async (settings) => {
      announced = true;
      await group.broadcastValue(settings);
    });
    if (!announced) await group.broadcastValue(null); // there was nothing to train
    return result;
  } catch (error) {
    await group.fail(error as Error);
    throw error;
  }
}
