import { DataInputError } from '../errors.js';
import type { Feature } from './feature.js';
import type { FeatureName } from './registry.js';
import { featureNames, features } from './registry.js';

/** Features by name, or of one's own. At least one, no name twice. */
export function resolveFeatures(wanted: readonly (FeatureName | Feature)[]): Feature[] {
  const resolved = wanted.map((one) => {
    if (typeof one !== 'string') return one;
    if (Object.hasOwn(features, one)) return features[one];
    throw new DataInputError(`there is no feature "${one}"`, {
      fix: `Choose among ${featureNames.join(', ')}.`,
    });
  });
  const names = resolved.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataInputError(`the feature "${twice}" is asked for twice`, { fix: 'Name it once.' });
  }
  if (resolved.length === 0) {
    throw new DataInputError('no feature is asked for', { fix: `Choose among ${featureNames.join(', ')}.` });
  }
  return resolved;
}
