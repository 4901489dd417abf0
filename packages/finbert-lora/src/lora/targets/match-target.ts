import type { LoraConfig } from '../config/lora-config.js';
import { pythonPattern } from './python-pattern.js';

/** Whether an adapter wants a module: named, not named, or named and taken out again. */
export type TargetMatch = 'targeted' | 'unmatched' | 'excluded';

/**
 * PEFT's rules (`check_target_module_exists` in its tuners_utils.py), in their order: what `excludeModules` names, and what is
 * trained whole, is left out; a pattern must match the full name, an entry of a list its end.
 *
 * @param name full name of a module, such as `bert.encoder.layer.0.attention.self.query`
 */
export function matchTarget(config: LoraConfig, name: string): TargetMatch {
  const { targetModules, excludeModules, modulesToSave } = config;
  if (excludeModules !== null && named(excludeModules, name, 'excludeModules')) return 'excluded';
  if (modulesToSave?.some((saved) => isSaved(saved, name))) return 'excluded';
  if (!named(targetModules, name, 'targetModules')) return 'unmatched';
  if (typeof targetModules === 'string') return 'targeted';
  return inLayers(config, name) ? 'targeted' : 'unmatched';
}

function named(names: readonly string[] | string, name: string, setting: string): boolean {
  if (typeof names === 'string') {
    return pythonPattern(names, { name: setting }, (source) => `^(?:${source})$`).test(name);
  }
  return names.some((wanted) => name === wanted || name.endsWith(`.${wanted}`));
}

function isSaved(saved: string, name: string): boolean {
  return pythonPattern(saved, { name: 'modulesToSave' }, (source) => `^(^|.*\\.)${source}($|\\..*)`).test(
    name,
  );
}

function inLayers({ layersToTransform, layersPattern }: LoraConfig, name: string): boolean {
  if (layersToTransform === null) return true;
  const layers = [layersToTransform].flat();
  if (layers.length === 0) return true;
  const lists = layersPattern === null || layersPattern.length === 0 ? null : [layersPattern].flat();
  // The first number in the name counts, not the last.
  const patterns = lists
    ? lists.map((list) =>
        pythonPattern(
          list,
          { name: 'layersPattern' },
          (source) => `^(?:^|.*?\\.)${source}\\.(?<idx>\\d+)\\.`,
        ),
      )
    : [/^.*?\.[^.]*\.(?<idx>\d+)\./];
  const index = patterns.map((pattern) => pattern.exec(name)).find((match) => match !== null)?.groups?.idx;
  return index !== undefined && layers.includes(Number(index));
}
