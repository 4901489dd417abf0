import type * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';
import type { Container } from '../layers/part.js';
import type { LoraConfig } from './lora-config.js';
import { LoraLayer } from './lora-layer.js';
import type { MakeMatrices } from './lora-weights.js';
import { LoraWeights } from './lora-weights.js';
import type { AdapterPlan } from './plan-adapter.js';
import { isWithin, leafParts } from './plan-adapter.js';
import { SavedModule } from './saved-module.js';

/** Letters, digits, - and _: an adapter's name is part of tensor and folder names. */
const ADAPTER_NAME = /^[\w-]+$/;

/** Prefix of all parameter names, from PEFT's two wrapper modules. */
const PREFIX = 'base_model.model.';

/** The parts of a model that adapters change. It decides which adapter is active and which variables are trained. */
export class AdaptedModel {
  readonly model: Container;
  readonly configs: Map<string, LoraConfig> = new Map();
  /** Adapted layers by path. */
  readonly layers: Map<string, LoraLayer> = new Map();
  /** Modules with copies by path. */
  readonly saved: Map<string, SavedModule> = new Map();
  #active: string | null = null;
  /** The active adapter, or null while adapters are disabled. */
  #inUse: string | null = null;
  /** Number of running calls of {@link withoutAdapters}. */
  #scopes = 0;
  /** Variables that were trainable before the first of these calls. */
  #trained: readonly tf.Variable[] = [];

  constructor(model: Container) {
    this.model = model;
  }

  /** Name of the active adapter, or null. */
  get active(): string | null {
    return this.#active;
  }

  /** Whether a call of {@link withoutAdapters} is running. */
  get disabled(): boolean {
    return this.#scopes > 0;
  }

  /** @throws BertInputError when there is no such adapter */
  config(name: string): LoraConfig {
    const config = this.configs.get(name);
    if (config) return config;
    const names = [...this.configs.keys()];
    throw new BertInputError(
      `there is no adapter "${name}"; ${names.length > 0 ? `there are ${names.join(', ')}` : 'there is none'}`,
    );
  }

  /** @throws BertInputError when an adapter conflicts with the present ones */
  checkAddition(name: string, { config, targets, saved }: AdapterPlan): void {
    if (!ADAPTER_NAME.test(name)) {
      throw new BertInputError(
        `${JSON.stringify(name)} cannot be an adapter's name: use letters, digits, - and _`,
      );
    }
    if (this.configs.has(name)) throw new BertInputError(`there is an adapter "${name}" already`);
    const withBias = [...this.configs].find(([, other]) => other.bias !== 'none');
    if (withBias && config.bias !== 'none') {
      throw new BertInputError(
        `bias is '${config.bias}', but the biases are the base model's and adapter "${withBias[0]}" trains them: of several adapters only one may`,
      );
    }
    const foreign = targets.find(({ path, layer }) => layer.adapter !== null && !this.layers.has(path));
    if (foreign) {
      throw new BertInputError(
        `${foreign.path} has an adapter of another PeftModel: use addAdapter of that one`,
      );
    }
    for (const path of targets.map((target) => target.path)) {
      const whole = [...this.saved.keys()].find((other) => isWithin(path, other));
      if (whole) {
        throw new BertInputError(`${path} lies within ${whole}, which another adapter trains in full`);
      }
    }
    for (const { path } of saved) {
      const others = [...this.layers.keys(), ...[...this.saved.keys()].filter((other) => other !== path)];
      const clash = others.find((other) => isWithin(other, path) || isWithin(path, other));
      if (clash) {
        throw new BertInputError(
          `modulesToSave names ${path}, but another adapter changes ${clash} by itself`,
        );
      }
    }
  }

  /** Adds an adapter, frozen and inactive. On an error nothing is changed. @throws BertInputError */
  add(name: string, plan: AdapterPlan, make: MakeMatrices): void {
    this.checkAddition(name, plan);
    try {
      for (const target of plan.targets) {
        const weights = new LoraWeights(name, target, plan.config, make);
        const layer = this.layers.get(target.path) ?? new LoraLayer(target.layer);
        layer.adapters.set(name, weights);
        layer.active = this.#inUse;
        target.layer.adapter = layer;
        this.layers.set(target.path, layer);
      }
      for (const part of plan.saved) {
        const module = this.saved.get(part.path) ?? new SavedModule(part);
        this.saved.set(part.path, module);
        module.add(name);
      }
    } catch (error) {
      this.remove(name);
      throw error;
    }
    this.configs.set(name, plan.config);
    setTrainable(this.variablesOf(name), false);
  }

  /** Disposes an adapter that is not active. */
  remove(name: string): void {
    for (const [path, layer] of this.layers) {
      layer.adapters.get(name)?.dispose();
      layer.adapters.delete(name);
      if (layer.adapters.size > 0) continue;
      layer.layer.adapter = null;
      this.layers.delete(path);
    }
    for (const [path, module] of this.saved) {
      module.remove(name);
      if (module.copies.size === 0) this.saved.delete(path);
    }
    this.configs.delete(name);
  }

  /**
   * Activates an adapter, or none. All other parameters are frozen: the other adapters, and the base model except for the biases
   * that this adapter trains.
   *
   * @param trained whether the adapter is trainable
   */
  select(name: string | null, trained: boolean): void {
    this.#active = name;
    this.#use(name);
    setTrainable(this.#allVariables(), false);
    if (name === null || !trained) return;
    setTrainable(this.variablesOf(name), true);
    setTrainable(this.biases(name).values(), true);
  }

  /** Calls a function, which may be asynchronous, with all adapters switched off and frozen. */
  withoutAdapters<T>(fn: () => T): T {
    if (this.#scopes++ === 0) this.#suspend();
    const leave = (): void => {
      if (--this.#scopes === 0) this.#resume();
    };
    let result: T;
    try {
      result = fn();
    } catch (error) {
      leave();
      throw error;
    }
    if (result instanceof Promise) return result.finally(leave) as T;
    leave();
    return result;
  }

  /** Removes all adapters. Merged weights and active copies remain in the model. */
  unload(): void {
    for (const { layer } of this.layers.values()) {
      layer.adapter?.dispose();
      layer.adapter = null;
    }
    for (const module of this.saved.values()) module.keepUsed();
    for (const map of [this.layers, this.saved, this.configs]) map.clear();
    this.#active = null;
    this.#inUse = null;
  }

  /** Matrices, magnitudes and copies of one adapter. */
  variablesOf(name: string): tf.Variable[] {
    return [
      ...[...this.layers.values()].flatMap(({ adapters }) => adapters.get(name)?.parameters() ?? []),
      ...[...this.saved.values()].flatMap(({ copies }) => [...(copies.get(name) ?? [])]),
    ].map(([, variable]) => variable);
  }

  /** Biases of the base model that an adapter trains, by path of their part. */
  biases(name: string): Map<string, tf.Variable> {
    const copied = [...this.saved].filter(([, { copies }]) => copies.has(name)).map(([path]) => path);
    const adapted = [...this.layers].filter(([, { adapters }]) => adapters.has(name)).map(([path]) => path);
    return trainedBiases(this.model, this.config(name), { adapted, copied });
  }

  /** All parameters by their PEFT names, in PEFT's order. */
  namedParameters(): Map<string, tf.Variable> {
    const all = new Map<string, tf.Variable>();
    const put = (name: string, variable: tf.Variable) => all.set(PREFIX + name, variable);
    const done = new Set<SavedModule>();
    for (const [path, part] of leafParts(this.model)) {
      const module = [...this.saved.values()].find((saved) => saved.holds(path));
      if (module) {
        if (!done.has(module)) for (const [name, variable] of savedParameters(module)) put(name, variable);
        done.add(module);
        continue;
      }
      const adapter = this.layers.get(path);
      const base = adapter ? `${path}.base_layer` : path;
      for (const [name, variable] of part.namedParameters()) put(`${base}.${name}`, variable);
      for (const [name, variable] of adapter?.namedParameters() ?? []) put(`${path}.${name}`, variable);
    }
    return all;
  }

  /** The variables in an adapter's file, by their names there. The adapter's own name is not part of them. */
  adapterTensors(adapter: string): Map<string, tf.Variable> {
    const all = new Map<string, tf.Variable>();
    for (const [path, { adapters }] of this.layers) {
      for (const [kind, variable] of adapters.get(adapter)?.parameters() ?? []) {
        all.set(fileNames.matrix(path, kind), variable);
      }
    }
    for (const [path, variable] of this.biases(adapter)) {
      all.set(fileNames.bias(path, this.layers.get(path)?.adapters.has(adapter) ?? false), variable);
    }
    for (const [path, { copies }] of this.saved) {
      for (const [key, variable] of copies.get(adapter) ?? []) all.set(fileNames.copy(path, key), variable);
    }
    return all;
  }

  #suspend(): void {
    this.#use(null);
    const own = [...this.configs.keys()].flatMap((name) => this.variablesOf(name));
    this.#trained = own.filter(({ trainable }) => trainable);
    setTrainable(this.#trained, false);
  }

  #resume(): void {
    this.#use(this.#active);
    setTrainable(this.#trained, true);
    this.#trained = [];
  }

  #use(name: string | null): void {
    this.#inUse = name;
    for (const layer of this.layers.values()) layer.active = name;
    for (const module of this.saved.values()) module.use(name);
  }

  #allVariables(): tf.Variable[] {
    return [
      ...this.model.namedParameters().values(),
      ...[...this.saved.values()].flatMap(({ original }) => [...original.values()]),
      ...[...this.configs.keys()].flatMap((name) => this.variablesOf(name)),
    ];
  }
}

/** Names of an adapter's tensors in its file. */
const fileNames = {
  matrix: (path: string, kind: string): string =>
    `${PREFIX}${path}.${kind}${kind === 'lora_magnitude_vector' ? '' : '.weight'}`,
  bias: (path: string, adapted: boolean): string => `${PREFIX}${path}${adapted ? '.base_layer' : ''}.bias`,
  copy: (path: string, key: string): string => `${PREFIX}${path}.${key}`,
};

/** Shape of each tensor in an adapter's file, by its name there. Allocates nothing. */
export function adapterShapes(
  model: Container,
  { config, targets, saved }: AdapterPlan,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { path, layer, r } of targets) {
    const [outFeatures, inFeatures] = layer.weight.shape;
    shapes.set(fileNames.matrix(path, 'lora_A'), [r, inFeatures]);
    shapes.set(fileNames.matrix(path, 'lora_B'), [outFeatures, r]);
    if (config.useDora) shapes.set(fileNames.matrix(path, 'lora_magnitude_vector'), [outFeatures]);
  }
  const adapted = targets.map(({ path }) => path);
  const copied = saved.map(({ path }) => path);
  for (const [path, { shape }] of trainedBiases(model, config, { adapted, copied })) {
    shapes.set(fileNames.bias(path, adapted.includes(path)), shape);
  }
  for (const { path, leaves } of saved) {
    for (const [within, part] of leaves) {
      for (const [name, { shape }] of part.namedParameters()) {
        shapes.set(fileNames.copy(path, within === '' ? name : `${within}.${name}`), shape);
      }
    }
  }
  return shapes;
}

/**
 * Biases of the base model that `config.bias` selects. Modules that are trained in full are not included: they have copies of
 * their biases.
 */
function trainedBiases(
  model: Container,
  { bias }: LoraConfig,
  { adapted, copied }: { readonly adapted: readonly string[]; readonly copied: readonly string[] },
): Map<string, tf.Variable> {
  const found = new Map<string, tf.Variable>();
  if (bias === 'none') return found;
  for (const [path, part] of leafParts(model)) {
    const variable = part.namedParameters().get('bias');
    const wanted = bias === 'all' || adapted.includes(path);
    if (variable && wanted && !copied.some((whole) => isWithin(path, whole))) found.set(path, variable);
  }
  return found;
}

function savedParameters({ path, original, copies }: SavedModule): [string, tf.Variable][] {
  const named = (owner: string, variables: ReadonlyMap<string, tf.Variable>): [string, tf.Variable][] =>
    [...variables].map(([key, variable]) => [`${path}.${owner}.${key}`, variable]);
  return [
    ...named('original_module', original),
    ...[...copies].flatMap(([adapter, variables]) => named(`modules_to_save.${adapter}`, variables)),
  ];
}

function setTrainable(variables: Iterable<tf.Variable>, trainable: boolean): void {
  for (const variable of variables) variable.trainable = trainable;
}
