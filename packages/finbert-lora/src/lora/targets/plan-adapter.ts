import { BertInputError } from '../../errors.js';
import { LinearLayer } from '../../layers/layers.js';
import type { Part } from '../../layers/part.js';
import { Container } from '../../layers/part.js';
import type { LoraConfig } from '../config/lora-config.js';
import type { AdapterPlan, SavedPart, Target } from './adapter-plan.js';
import { matchTarget } from './match-target.js';
import { patternValue } from './pattern-value.js';
import { resolveConfig } from './resolve-config.js';

/**
 * Finds what an adapter changes in a model; changes nothing.
 *
 * @throws BertInputError when the settings fit nothing there, or something that cannot be adapted
 */
export function planAdapter(model: Container, settings: Partial<LoraConfig>): AdapterPlan {
  const config = resolveConfig(model, settings);
  const leaves = leafParts(model);
  const targets: Target[] = [];
  for (const name of moduleNames(leaves)) {
    if (matchTarget(config, name) !== 'targeted') continue;
    const layer = leaves.get(name);
    if (!(layer instanceof LinearLayer)) {
      throw new BertInputError(
        `targetModules names ${name}, which is no linear layer: LoRA adapts ${linearNames(leaves)}`,
      );
    }
    targets.push({ path: name, layer, ...rankAndScale(config, name) });
  }
  if (targets.length === 0) {
    const excluded =
      config.excludeModules === null ? '' : ` without ${JSON.stringify(config.excludeModules)}`;
    throw new BertInputError(
      `targetModules ${JSON.stringify(config.targetModules)}${excluded} fits no layer that may be adapted: the model has ${linearNames(leaves)}`,
    );
  }
  const saved = savedParts(config, leaves);
  for (const { path } of targets) {
    const whole = saved.find((part) => isWithin(path, part.path));
    if (whole) {
      throw new BertInputError(
        `${path} is named by targetModules and lies within ${whole.path}, which modulesToSave trains whole`,
      );
    }
  }
  return { config, targets, saved };
}

/** Everything that has parameters of its own, by full name. */
export function leafParts(model: Container): Map<string, Part> {
  return new Map([...model.namedParts()].filter(([, part]) => !(part instanceof Container)));
}

/** Whether a module is another, or inside it. */
export function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`);
}

/** Every name that PyTorch's `named_modules` would give, containers and lists included. */
function moduleNames(leaves: ReadonlyMap<string, Part>): Set<string> {
  const names = new Set<string>();
  for (const path of leaves.keys()) for (const name of prefixes(path)) names.add(name);
  return names;
}

/** `a`, `a.b`, `a.b.c` of `a.b.c`. */
function prefixes(path: string): string[] {
  const steps = path.split('.');
  return steps.map((_, i) => steps.slice(0, i + 1).join('.'));
}

function rankAndScale(config: LoraConfig, path: string): { r: number; scale: number } {
  const r = patternValue(config.rankPattern, path, 'rankPattern') ?? config.r;
  const alpha = patternValue(config.alphaPattern, path, 'alphaPattern') ?? config.loraAlpha;
  return { r, scale: alpha / (config.useRslora ? Math.sqrt(r) : r) };
}

/** Leaves by the outermost part around them that `modulesToSave` names. PEFT looks at ends of names, dot or no dot. */
function savedParts({ modulesToSave }: LoraConfig, leaves: ReadonlyMap<string, Part>): SavedPart[] {
  const parts = new Map<string, Map<string, Part>>();
  for (const [path, leaf] of leaves) {
    const whole = prefixes(path).find((name) => modulesToSave?.some((end) => name.endsWith(end)));
    if (whole === undefined) continue;
    const within = parts.get(whole) ?? new Map<string, Part>();
    within.set(path.slice(whole.length + 1), leaf);
    parts.set(whole, within);
  }
  return [...parts].map(([path, within]) => ({ path, leaves: within }));
}

function linearNames(leaves: ReadonlyMap<string, Part>): string {
  const linear = [...leaves].filter(([, part]) => part instanceof LinearLayer);
  const ends = linear.map(([path]) => path.replace(/^.*\.\d+\./, '').replace(/^.*\.self\./, ''));
  return [...new Set(ends)].join(', ');
}
