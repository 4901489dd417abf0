import { BertInputError } from '../errors.js';
import { LinearLayer } from '../layers/layers.js';
import type { Part } from '../layers/part.js';
import { Container } from '../layers/part.js';
import type { LoraConfig } from './lora-config.js';
import { createLoraConfig } from './lora-config.js';
import { matchesEnd, matchTarget, patternValue } from './match-target.js';

/** A linear layer to adapt. */
export interface Target {
  readonly path: string;
  readonly layer: LinearLayer;
  readonly r: number;
  /** Factor of the update `B A`. */
  readonly scaling: number;
}

/** A module that is trained in full, on a copy. */
export interface SavedPart {
  readonly path: string;
  /** Parts of the module that hold parameters, by their names within it; '' for the module itself. */
  readonly leaves: ReadonlyMap<string, Part>;
}

/** The changes that an adapter makes to a model. */
export interface AdapterPlan {
  /** Settings, with all values filled in that depend on the model. */
  readonly config: LoraConfig;
  readonly targets: readonly Target[];
  readonly saved: readonly SavedPart[];
}

/** Heads of models for sequence classification, which PEFT always trains in full. */
const HEADS: readonly string[] = ['classifier', 'score'];

/**
 * Finds the parts of a model that an adapter changes. Changes nothing.
 *
 * @throws BertInputError when the settings match nothing in the model, or something that cannot be adapted
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
    targets.push({ path: name, layer, ...rankAndScaling(config, name) });
  }
  if (targets.length === 0) {
    const excluded =
      config.excludeModules === null ? '' : ` without ${JSON.stringify(config.excludeModules)}`;
    const layers =
      config.layersToTransform === null
        ? ''
        : ` in the layers ${[config.layersToTransform].flat().join(', ')} of layersToTransform`;
    throw new BertInputError(
      `targetModules ${JSON.stringify(config.targetModules)}${excluded}${layers} fits no layer that may be adapted: the model has ${linearNames(leaves)}`,
    );
  }
  const saved = savedParts(config, leaves);
  for (const { path } of targets) {
    const whole = saved.find((part) => isWithin(path, part.path));
    if (whole) {
      throw new BertInputError(
        `${path} is named by targetModules and lies within ${whole.path}, which modulesToSave trains in full`,
      );
    }
  }
  return { config, targets, saved };
}

/**
 * Checks that apply to new adapters only: every pattern of `rankPattern` and `alphaPattern` must match a layer, and the rank is
 * limited by the layer's size. For an adapter from a file, PEFT only warns of a pattern that matches nothing, and the file's
 * tensors limit the rank.
 *
 * @throws BertInputError
 */
export function checkNewAdapter({ config, targets }: AdapterPlan): void {
  for (const setting of ['rankPattern', 'alphaPattern'] as const) {
    for (const pattern of Object.keys(config[setting])) {
      if (targets.some(({ path }) => matchesEnd(pattern, path, setting))) continue;
      throw new BertInputError(
        `${setting} holds ${JSON.stringify(pattern)}, which fits none of the layers that are adapted`,
      );
    }
  }
  for (const { path, layer, r } of targets) {
    const widest = Math.max(...layer.weight.shape);
    if (r <= widest) continue;
    throw new BertInputError(
      `r is ${r} for ${path}, whose weight is [${layer.weight.shape.join(', ')}]; a rank above ${widest} only takes memory: choose a smaller r`,
    );
  }
}

/** Fills in the task, the head and the layers that `all-linear` stands for. @throws BertInputError */
function resolveConfig(model: Container, settings: Partial<LoraConfig>): LoraConfig {
  const parts = model.namedParts();
  const head = HEADS.find((name) => parts.has(name)) ?? null;
  const config = createLoraConfig({ taskType: head ? 'SEQ_CLS' : 'FEATURE_EXTRACTION', ...settings });
  const classifies = config.taskType === 'SEQ_CLS';
  const modulesToSave = classifies
    ? [...new Set([...(config.modulesToSave ?? []), ...HEADS])]
    : config.modulesToSave;
  if (typeof config.targetModules !== 'string' || config.targetModules.toLowerCase() !== 'all-linear') {
    return { ...config, modulesToSave };
  }
  const linear = [...parts].filter(([, part]) => part instanceof LinearLayer).map(([path]) => path);
  return {
    ...config,
    modulesToSave,
    targetModules: linear.filter((path) => !(classifies && path === head)),
  };
}

/** All parts that directly hold parameters, by full name. */
export function leafParts(model: Container): Map<string, Part> {
  return new Map([...model.namedParts()].filter(([, part]) => !(part instanceof Container)));
}

/** Whether a module is the module `whole` or inside it. */
export function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`);
}

/** All names that PyTorch's `named_modules` would give, containers and lists included. */
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

function rankAndScaling(config: LoraConfig, path: string): { r: number; scaling: number } {
  const r = patternValue(config.rankPattern, path, 'rankPattern') ?? config.r;
  const alpha = patternValue(config.alphaPattern, path, 'alphaPattern') ?? config.loraAlpha;
  return { r, scaling: alpha / (config.useRslora ? Math.sqrt(r) : r) };
}

/** Parts by the outermost module that `modulesToSave` names. PEFT compares ends of names, with or without a dot. */
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
