import type * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../../errors.js';
import type { Container } from '../../layers/part.js';
import type { LoraConfig } from '../config/lora-config.js';
import type { MakeMatrices } from '../layer/fresh-weights.js';
import { LoraLayer } from '../layer/lora-layer.js';
import { LoraWeights } from '../layer/lora-weights.js';
import type { AdapterPlan } from '../targets/adapter-plan.js';
import { leafParts } from '../targets/plan-adapter.js';
import { checkAddition } from './check-addition.js';
import { SavedModule } from './saved-module.js';

/** A model with its adapters: what they are made of, which of them is at work, and what is trained. */
export class AdaptedModel {
  readonly model: Container;
  readonly configs: Map<string, LoraConfig> = new Map();
  /** Adapted layers by path. */
  readonly layers: Map<string, LoraLayer> = new Map();
  /** Parts with copies by path. */
  readonly saved: Map<string, SavedModule> = new Map();
  #active: string | null = null;
  /** The active adapter, or null while adapters are disabled. */
  #atWork: string | null = null;
  /** Calls of {@link without} under way. */
  #scopes = 0;
  /** What was trained when the first of them began. */
  #trained: readonly tf.Variable[] = [];

  constructor(model: Container) {
    this.model = model;
  }

  /** Adapter that is chosen, null for none. */
  get active(): string | null {
    return this.#active;
  }

  /** Whether {@link without} is under way. */
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

  /** Adds an adapter, frozen and not at work. @throws BertInputError when it does not go with those there are */
  add(name: string, plan: AdapterPlan, make: MakeMatrices): void {
    checkAddition(this, name, plan);
    for (const target of plan.targets) {
      const layer = this.layers.get(target.path) ?? new LoraLayer(target.layer);
      layer.adapters.set(name, new LoraWeights(name, target, plan.config, make));
      layer.active = this.#atWork;
      target.layer.adapter = layer;
      this.layers.set(target.path, layer);
    }
    for (const part of plan.saved) {
      const module = this.saved.get(part.path) ?? new SavedModule(part);
      module.add(name);
      this.saved.set(part.path, module);
    }
    this.configs.set(name, plan.config);
    setTrainable(this.variablesOf(name), false);
  }

  /** Frees an adapter that is not at work, and what no other uses. */
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
   * Puts an adapter to work, or none. Everything else is frozen: the base model, but for the biases that the adapter trains,
   * and the other adapters.
   *
   * @param trained whether it is to be trained
   */
  select(name: string | null, trained: boolean): void {
    this.#active = name;
    this.#putToWork(name);
    setTrainable(this.#allVariables(), false);
    if (name === null || !trained) return;
    setTrainable(this.variablesOf(name), true);
    setTrainable(this.biases(name).values(), true);
  }

  /** Runs a function, synchronous or not, with all adapters out of work and frozen. */
  without<T>(fn: () => T): T {
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

  /** Dissolves all adapters; what is merged or at work stays in the model for good. */
  settle(): void {
    for (const { layer } of this.layers.values()) {
      layer.adapter?.dispose();
      layer.adapter = null;
    }
    for (const module of this.saved.values()) module.settle();
    for (const things of [this.layers, this.saved, this.configs]) things.clear();
    this.#active = null;
    this.#atWork = null;
  }

  /** Matrices, magnitudes and copies of one adapter. */
  variablesOf(name: string): tf.Variable[] {
    return [
      ...[...this.layers.values()].flatMap(({ adapters }) => adapters.get(name)?.parameters() ?? []),
      ...[...this.saved.values()].flatMap(({ copies }) => [...(copies.get(name) ?? [])]),
    ].map(([, variable]) => variable);
  }

  /** Biases of the base model that one adapter trains, by path of their part. */
  biases(name: string): Map<string, tf.Variable> {
    const { bias } = this.config(name);
    const found = new Map<string, tf.Variable>();
    if (bias === 'none') return found;
    const copied = [...this.saved.values()].filter(({ copies }) => copies.has(name));
    for (const [path, part] of leafParts(this.model)) {
      const variable = part.namedParameters().get('bias');
      const wanted = bias === 'all' || this.layers.get(path)?.adapters.has(name);
      if (variable && wanted && !copied.some((module) => module.holds(path))) found.set(path, variable);
    }
    return found;
  }

  #suspend(): void {
    this.#putToWork(null);
    const own = [...this.configs.keys()].flatMap((name) => this.variablesOf(name));
    this.#trained = own.filter(({ trainable }) => trainable);
    setTrainable(this.#trained, false);
  }

  #resume(): void {
    this.#putToWork(this.#active);
    setTrainable(this.#trained, true);
    this.#trained = [];
  }

  #putToWork(name: string | null): void {
    this.#atWork = name;
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

function setTrainable(variables: Iterable<tf.Variable>, trainable: boolean): void {
  for (const variable of variables) variable.trainable = trainable;
}
