import type { Sample, Split } from '@fin/data';
import { splitNames, syntheticTone } from '@fin/data';
import type { DaySentiment } from '../../src/index.js';

/** Sentiment of a synthetic market's days, read off the tone that its headlines were made with: what a perfect model scores. */
export function toneSentiment(split: Split<Sample>): Map<string, DaySentiment | null> {
  return new Map(
    splitNames.flatMap((name) =>
      split[name].map(({ decisionDate, headlines }): [string, DaySentiment] => {
        const tone = syntheticTone(headlines);
        return [decisionDate, [(1 + tone) / 2, (1 - tone) / 2, 0]];
      }),
    ),
  );
}
