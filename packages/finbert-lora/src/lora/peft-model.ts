import type { Module, RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';
import type { Container } from '../layers/part.js';
import type { LoraConfig } from './config/lora-config.js';
import { freshMatrices } from './layer/fresh-weights.js';
import { AdaptedModel } from './model/adapted-model.js';
import { adapterTensors, peftParameters } from './model/named-parameters.js';
import { checkPatterns } from './targets/check-patterns.js';
import { planAdapter } from './targets/plan-adapter.js';

/** A model that adapters can be put on: made of parts, with a forward pass. */
export type AdaptableModel = Container & { forward(...args: never[]): unknown };

/** Settings of a merge. */
export interface MergeOptions {
  /** Adapters to merge, in this order. @default the active one */
  readonly adapterNames?: readonly string[];
  /** Look at all merged weights first, and change nothing when one is not finite. @default false */
  readonly safeMerge?: boolean;
}

/** How much of a model is trained. */
export interface ParameterCounts {
  readonly trainable: number;
  /** Base model, all adapters, and copies beside their originals. */
  readonly total: number;
}

/**
 * A model with LoRA adapters on it, as PEFT's `PeftModel`; made by {@link applyLora} or {@link loadPeftModel}.
 *
 * The base model is frozen and not copied: its layers get adapters beside them, so the gradient is computed for those alone,
 * and nothing below the lowest of them is kept for a backward pass. One adapter is at work at a time.
 */
export class PeftModel<M extends AdaptableModel = AdaptableModel> implements Module {
  /** The model itself, adapters at work included. */
  readonly model: M;
  /** For the other files of this package. */
  readonly adapted: AdaptedModel;

  constructor(model: M) {
    this.model = model;
    this.adapted = new AdaptedModel(model);
  }

  /** As the model's own. */
  forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    const forward = this.model.forward.bind(this.model) as (...args: unknown[]) => unknown;
    return forward(...args) as ReturnType<M['forward']>;
  }

  /** Every parameter by PEFT's name for it, such as `base_model.model.classifier.modules_to_save.default.weight`. */
  namedParameters(): Map<string, tf.Variable> {
    return peftParameters(this.adapted);
  }

  /** What the file of an adapter holds, by the names there. @throws BertInputError when there is no such adapter */
  adapterParameters(adapterName: string): Map<string, tf.Variable> {
    this.adapted.config(adapterName);
    return adapterTensors(this.adapted, adapterName);
  }

  /** Names of the adapters. */
  get adapterNames(): readonly string[] {
    return [...this.adapted.configs.keys()];
  }

  /** Name of the adapter at work; null when there is none. */
  get activeAdapter(): string | null {
    return this.adapted.active;
  }

  /** Adapters that are part of the base model's weights now. */
  get mergedAdapters(): readonly string[] {
    return [...new Set([...this.adapted.layers.values()].flatMap(({ merged }) => merged))];
  }

  /** Settings of an adapter. @throws BertInputError when there is no such adapter */
  config(adapterName: string): LoraConfig {
    return this.adapted.config(adapterName);
  }

  /**
   * Adds a fresh adapter, which is not put to work.
   *
   * @param options.init where its weights are drawn from
   * @throws BertInputError when the settings fit nothing here, or not the other adapters
   */
  addAdapter(
    adapterName: string,
    settings: Partial<LoraConfig>,
    { init }: { readonly init: RandomStream },
  ): void {
    const plan = planAdapter(this.model, settings);
    checkPatterns(plan);
    this.#notMerged('add an adapter');
    this.adapted.add(adapterName, plan, freshMatrices(plan.config.initLoraWeights, init));
  }

  /**
   * Puts an adapter to work in place of the other, and makes it the one that is trained. What is merged is taken out first.
   *
   * @param options.inferenceMode leave it frozen. @default false
   * @throws BertInputError when there is no such adapter
   */
  setAdapter(
    adapterName: string,
    { inferenceMode = false }: { readonly inferenceMode?: boolean } = {},
  ): void {
    this.adapted.config(adapterName);
    this.#notDisabled('set an adapter');
    this.unmergeAdapter();
    this.adapted.select(adapterName, !inferenceMode);
  }

  /**
   * Frees an adapter. When it was at work, the first of those left takes over; after the last the base model is what it was,
   * but for biases that were trained.
   *
   * @throws BertInputError when there is no such adapter, or it is merged
   */
  deleteAdapter(adapterName: string): void {
    this.adapted.config(adapterName);
    this.#notDisabled('delete an adapter');
    if (this.mergedAdapters.includes(adapterName)) this.#notMerged(`delete "${adapterName}"`);
    if (this.activeAdapter === adapterName) {
      this.adapted.select(this.adapterNames.find((name) => name !== adapterName) ?? null, true);
    }
    this.adapted.remove(adapterName);
  }

  /**
   * Runs a function on the base model alone, without adapters; what is merged is taken out for good. A function that gives a
   * promise has the base model until it settles. Biases that an adapter trained stay as they are, as in PEFT.
   *
   * @example
   * const before = peft.disableAdapter(() => peft.forward(batch));
   */
  disableAdapter<T>(fn: () => T): T {
    this.unmergeAdapter();
    return this.adapted.without(fn);
  }

  /**
   * Adds adapters to the weights they adapt: the layers then work alone, and nothing is trained. An adapter that is merged
   * already is passed over.
   *
   * @throws BertInputError when there is no such adapter, or by `safeMerge`, in which case nothing has changed
   */
  mergeAdapter({ adapterNames, safeMerge = false }: MergeOptions = {}): void {
    const names = adapterNames ?? (this.activeAdapter === null ? [] : [this.activeAdapter]);
    for (const name of names) this.adapted.config(name);
    this.#notDisabled('merge');
    if (safeMerge) for (const [path, layer] of this.adapted.layers) requireFinite(path, layer.preview(names));
    for (const layer of this.adapted.layers.values()) for (const name of names) layer.merge(name);
  }

  /** Takes all merged adapters out of the weights again, but for rounding. */
  unmergeAdapter(): void {
    for (const layer of this.adapted.layers.values()) layer.unmerge();
  }

  /**
   * Merges adapters for good and takes everything of LoRA off the model; copies that the active adapter trained whole take the
   * place of their originals. This object is of no use afterwards.
   *
   * @returns the base model, frozen but for those copies
   * @throws as {@link mergeAdapter}
   */
  mergeAndUnload(options: MergeOptions = {}): M {
    this.mergeAdapter(options);
    this.adapted.settle();
    return this.model;
  }

  trainableParameters(): ParameterCounts {
    const variables = [...this.namedParameters().values()];
    const count = (some: tf.Variable[]): number => some.reduce((sum, { size }) => sum + size, 0);
    return { trainable: count(variables.filter(({ trainable }) => trainable)), total: count(variables) };
  }

  /** Prints what is trained, in PEFT's words. @param print @default to standard output */
  printTrainableParameters(print: (line: string) => void = console.log): void {
    const { trainable, total } = this.trainableParameters();
    const [part, whole] = [trainable, total].map((count) => count.toLocaleString('en-US'));
    const percent = ((100 * trainable) / total).toFixed(4);
    print(`trainable params: ${part} || all params: ${whole} || trainable%: ${percent}`);
  }

  /** Frees the model, all adapters and their copies. */
  dispose(): void {
    for (const module of this.adapted.saved.values()) module.settle();
    this.model.dispose();
  }

  #notDisabled(act: string): void {
    if (this.adapted.disabled) throw new BertInputError(`cannot ${act} within disableAdapter`);
  }

  #notMerged(act: string): void {
    const merged = this.mergedAdapters;
    if (merged.length === 0) return;
    throw new BertInputError(
      `cannot ${act} while ${merged.join(', ')} is merged: call unmergeAdapter() first`,
    );
  }
}

/** Looks at a weight, which it frees. */
function requireFinite(path: string, weight: tf.Tensor2D): void {
  const finite = tf.tidy(() => tf.all(tf.isFinite(weight)).dataSync()[0]);
  weight.dispose();
  if (!finite) {
    throw new BertInputError(
      `the merged weight of ${path} would hold NaN or infinite values: the adapter is broken; nothing was changed`,
    );
  }
}
