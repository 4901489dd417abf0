import type { LoraConfig } from './lora-config.js';
import { pythonPattern } from './python-pattern.js';

/** Result of {@link matchTarget}. */
export type TargetMatch = 'targeted' | 'unmatched' | 'excluded';

/** Name of a layer's index in PEFT's pattern. */
const INDEX = 'idx';

/**
 * Whether an adapter applies to a module, by PEFT's rules in their order (`check_target_module_exists` in its
 * tuners_utils.py): `excludeModules` and `modulesToSave` first, then `targetModules`, then the choice of layers. A pattern
 * must match the full name; an entry of a list may match its end.
 *
 * @param name full name of a module, such as `bert.encoder.layer.0.attention.self.query`
 */
export function matchTarget(config: LoraConfig, name: string): TargetMatch {
  const { targetModules, excludeModules, modulesToSave } = config;
  if (excludeModules !== null && isNamed(excludeModules, name, 'excludeModules')) return 'excluded';
  if (modulesToSave?.some((saved) => isSaved(saved, name))) return 'excluded';
  if (!isNamed(targetModules, name, 'targetModules')) return 'unmatched';
  // As in PEFT, a pattern or a full name says which layers it means by itself.
  if (typeof targetModules === 'string' || targetModules.includes(name)) return 'targeted';
  return inLayers(config, name) ? 'targeted' : 'unmatched';
}

function isNamed(names: readonly string[] | string, name: string, setting: string): boolean {
  if (typeof names === 'string') return pythonPattern(names, { name: setting }).matches(name);
  return names.some((wanted) => name === wanted || name.endsWith(`.${wanted}`));
}

function isSaved(saved: string, name: string): boolean {
  const pattern = pythonPattern(saved, { name: 'modulesToSave' }, (source) => `(^|.*\\.)${source}($|\\..*)`);
  return pattern.matcher(name).lookingAt();
}

function inLayers({ layersToTransform, layersPattern }: LoraConfig, name: string): boolean {
  if (layersToTransform === null) return true;
  const layers = [layersToTransform].flat();
  if (layers.length === 0) return true;
  // Lazy, so that the first number in the name counts, not the last.
  const patterns =
    layersPattern === null || layersPattern.length === 0
      ? [pythonPattern(`.*?\\.[^.]*\\.(?P<${INDEX}>\\d+)\\.`, { name: 'layersPattern' })]
      : [layersPattern]
          .flat()
          .map((list) =>
            pythonPattern(
              list,
              { name: 'layersPattern' },
              (source) => `(?:^|.*?\\.)${source}\\.(?P<${INDEX}>\\d+)\\.`,
            ),
          );
  for (const pattern of patterns) {
    const matcher = pattern.matcher(name);
    if (matcher.lookingAt()) return layers.includes(Number(matcher.group(INDEX)));
  }
  return false;
}

/**
 * The value of the first pattern that matches the end of a module's name, by PEFT's rule (`get_pattern_key` in its
 * utils/other.py).
 *
 * @param setting name of the setting that the patterns come from
 */
export function patternValue(
  patterns: Readonly<Record<string, number>>,
  module: string,
  setting: string,
): number | undefined {
  return Object.entries(patterns).find(([pattern]) => matchesEnd(pattern, module, setting))?.[1];
}

/** Whether a pattern matches a module's name, or its end after a dot. */
export function matchesEnd(pattern: string, module: string, setting: string): boolean {
  return pythonPattern(pattern, { name: setting }, (source) => `(.*\\.)?(${source})$`)
    .matcher(module)
    .lookingAt();
}
