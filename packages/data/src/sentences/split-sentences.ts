import { DataInputError } from '../errors.js';
import type { Split } from '../samples/split-chronologically.js';
import { seededRandom } from '../seeded-random.js';

/** Options of {@link splitSentences}. */
export interface SentenceSplitOptions {
  /** Seed of the shuffle. @default 0 */
  readonly seed?: number;
  /** Share of the sentences in the test part, rounded up. @default 0.2 */
  readonly testShare?: number;
  /** Share of the remaining sentences in the validation part, rounded up. @default 0.1 */
  readonly validationShare?: number;
}

/**
 * Splits sentences like finBERT: shuffle, a fifth for test, a tenth of the rest for validation. The sizes equal those of
 * scikit-learn's `train_test_split`, which finBERT calls. The shuffled order differs from scikit-learn's.
 */
export function splitSentences<S>(sentences: readonly S[], options: SentenceSplitOptions = {}): Split<S> {
  const { seed = 0, testShare = 0.2, validationShare = 0.1 } = options;
  for (const [name, share] of Object.entries({ testShare, validationShare })) {
    if (!(share > 0 && share < 1)) {
      throw new DataInputError(`${name} is ${share}`, { fix: 'Give a share between 0 and 1, such as 0.2.' });
    }
  }
  const order = seededRandom(seed, 'phrase bank').shuffle(sentences);
  const testSize = Math.ceil(order.length * testShare);
  const validationSize = Math.ceil((order.length - testSize) * validationShare);
  const trainStart = testSize + validationSize;
  if (trainStart >= order.length) {
    throw new DataInputError(`${order.length} sentences leave none to train on`, {
      fix: 'Give more sentences.',
    });
  }
  return {
    train: order.slice(trainStart),
    validation: order.slice(testSize, trainStart),
    test: order.slice(0, testSize),
  };
}
