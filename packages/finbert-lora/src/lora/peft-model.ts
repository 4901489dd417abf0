import type { Module, RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';
import type { Container } from '../layers/part.js';
import { AdaptedModel } from './adapted-model.js';
import { readAdapter, writeAdapter } from './adapter-files.js';
import type { LoraConfig } from './lora-config.js';
import type { LoraLayer } from './lora-layer.js';
import { freshMatrices } from './lora-weights.js';
import { checkNewAdapter, planAdapter } from './plan-adapter.js';

/** A model that can have adapters: it is made of parts and has a forward pass. */
export type AdaptableModel = Container & { forward(...args: never[]): unknown };

/** Settings of {@link getPeftModel}. */
export interface GetPeftModelOptions {
  /** Random stream of the adapter's initial weights. */
  readonly init: RandomStream;
  /** Name of the new adapter. @default 'default' */
  readonly adapterName?: string;
}

/** Settings of {@link PeftModel.fromPretrained}. */
export interface FromPretrainedOptions {
  /** Name of the loaded adapter. @default 'default' */
  readonly adapterName?: string;
  /** Train the adapter further. @default false */
  readonly isTrainable?: boolean;
}

/** Settings of {@link PeftModel.savePretrained}. */
export interface SavePretrainedOptions {
  /** Name of the adapter to save. @default the active adapter */
  readonly adapterName?: string;
}

/** Settings of a merge. */
export interface MergeOptions {
  /** Adapters to merge, in this order. @default the active one */
  readonly adapterNames?: readonly string[];
  /** Check all merged weights first, and change nothing if one is not finite. @default false */
  readonly safeMerge?: boolean;
}

/** Numbers of parameters. */
export interface ParameterCounts {
  readonly trainable: number;
  /** All parameters: base model, adapters, and both copies and originals of modules trained in full. */
  readonly total: number;
}

/**
 * Freezes a model and adds a new LoRA adapter to it, as PEFT's `get_peft_model`. The model is changed in place.
 *
 * @param settings omitted settings have PEFT's defaults
 * @throws BertInputError when the settings match nothing in the model; the model is then unchanged
 * @example
 * const model = new BertForSequenceClassification(config, { init: randomStreams(1).stream('init') });
 * const peft = getPeftModel(model, { r: 8, loraAlpha: 16 }, { init: randomStreams(1).stream('lora') });
 * peft.printTrainableParameters();
 * const logits = peft.forward(tokenizer.encodeBatch(['Stocks rally']));
 */
export function getPeftModel<M extends AdaptableModel>(
  model: M,
  settings: Partial<LoraConfig>,
  { init, adapterName = 'default' }: GetPeftModelOptions,
): PeftModel<M> {
  const peft = new PeftModel(model);
  peft.addAdapter(adapterName, settings, { init });
  peft.setAdapter(adapterName);
  return peft;
}

/**
 * A model with LoRA adapters, as PEFT's `PeftModel`. {@link getPeftModel} and {@link PeftModel.fromPretrained} make one.
 *
 * The base model is frozen and not copied. Gradients are computed for the adapters only, and no activation below the lowest
 * adapter is kept for the backward pass. One adapter is active at a time.
 */
export class PeftModel<M extends AdaptableModel = AdaptableModel> implements Module {
  /** The base model, with the active adapter applied. */
  readonly model: M;
  readonly #adapted: AdaptedModel;

  /** @param model base model. It has no adapter yet: call {@link addAdapter} or {@link loadAdapter} next. */
  constructor(model: M) {
    this.model = model;
    this.#adapted = new AdaptedModel(model);
  }

  /**
   * Freezes a model and adds a trained adapter to it, as PEFT's `PeftModel.from_pretrained`. The model is changed in place.
   *
   * @param model the base model that the adapter was trained on
   * @param dir folder with `adapter_config.json` and `adapter_model.safetensors`
   * @throws as {@link loadAdapter}
   * @example
   * const { model } = await loadBert('all-MiniLM-L6-v2', { init: randomStreams(1).stream('init'), labels });
   * const peft = await PeftModel.fromPretrained(model, 'runs/phrasebank/adapter');
   */
  static async fromPretrained<M extends AdaptableModel>(
    model: M,
    dir: string,
    { adapterName = 'default', isTrainable = false }: FromPretrainedOptions = {},
  ): Promise<PeftModel<M>> {
    const peft = new PeftModel(model);
    await peft.loadAdapter(dir, adapterName);
    peft.setAdapter(adapterName, { inferenceMode: !isTrainable });
    return peft;
  }

  /**
   * Writes one adapter to a folder that PEFT's `from_pretrained` and {@link PeftModel.fromPretrained} read:
   * `adapter_model.safetensors` with the adapter's weights, the modules trained in full and the trained biases, and
   * `adapter_config.json`. Each file is replaced atomically, the settings last.
   *
   * @param dir created if it does not exist
   * @throws BertInputError when there is no such adapter or the folder cannot be written; SafetensorsError
   */
  async savePretrained(dir: string, { adapterName }: SavePretrainedOptions = {}): Promise<void> {
    await writeAdapter(this.#adapted, dir, adapterName ?? this.activeAdapter ?? 'default');
  }

  /**
   * Adds an adapter from a folder that PEFT or {@link savePretrained} wrote. It is frozen and not active: call {@link setAdapter}
   * next. Half-precision weights are widened to float32. Biases that it trained replace the base model's, as in PEFT.
   *
   * @param adapterName name for the adapter
   * @throws BertInputError when it does not fit the model or the other adapters, or is of an unsupported kind; CheckpointError,
   *   SafetensorsError when a file is damaged. The model is then unchanged.
   */
  async loadAdapter(dir: string, adapterName: string): Promise<void> {
    await readAdapter(this.#adapted, dir, adapterName);
  }

  /** The forward pass of the model. */
  forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    const forward = this.model.forward.bind(this.model) as (...args: unknown[]) => unknown;
    return forward(...args) as ReturnType<M['forward']>;
  }

  /** Every parameter by PEFT's name, such as `base_model.model.classifier.modules_to_save.default.weight`. */
  namedParameters(): Map<string, tf.Variable> {
    return this.#adapted.namedParameters();
  }

  /** The parameters in an adapter's file, by their names there. @throws BertInputError when there is no such adapter */
  adapterParameters(adapterName: string): Map<string, tf.Variable> {
    this.#adapted.config(adapterName);
    return this.#adapted.adapterTensors(adapterName);
  }

  /** Settings of each adapter by its name. */
  get peftConfig(): Readonly<Record<string, LoraConfig>> {
    return Object.fromEntries(this.#adapted.configs);
  }

  /** Adapted layers by path, such as `bert.encoder.layer.0.attention.self.query`: `scaling`, `getDeltaWeight(adapterName)`. */
  get loraLayers(): ReadonlyMap<string, LoraLayer> {
    return this.#adapted.layers;
  }

  /** Name of the active adapter, or null. */
  get activeAdapter(): string | null {
    return this.#adapted.active;
  }

  /** Names of the adapters that are merged into the base model's weights now. */
  get mergedAdapters(): readonly string[] {
    return [...new Set([...this.#adapted.layers.values()].flatMap(({ mergedAdapters }) => mergedAdapters))];
  }

  /**
   * Adds a new adapter, which is not active.
   *
   * @param options.init random stream of its initial weights
   * @throws BertInputError when the settings match nothing in the model, or clash with another adapter
   */
  addAdapter(
    adapterName: string,
    settings: Partial<LoraConfig>,
    { init }: { readonly init: RandomStream },
  ): void {
    const plan = planAdapter(this.model, settings);
    checkNewAdapter(plan);
    this.#requireUnmerged('add an adapter');
    this.#adapted.add(adapterName, plan, freshMatrices(plan.config.initLoraWeights, init));
  }

  /**
   * Makes an adapter the active and trained one. Merged adapters are unmerged first.
   *
   * @param options.inferenceMode leave it frozen. @default false
   * @throws BertInputError when there is no such adapter
   */
  setAdapter(
    adapterName: string,
    { inferenceMode = false }: { readonly inferenceMode?: boolean } = {},
  ): void {
    this.#adapted.config(adapterName);
    this.#requireEnabled('set an adapter');
    this.unmergeAdapter();
    this.#adapted.select(adapterName, !inferenceMode);
  }

  /**
   * Disposes an adapter. If it was active, the first of the others becomes active. After the last one is deleted, the base model
   * is unchanged except for trained biases.
   *
   * @throws BertInputError when there is no such adapter, or it is merged
   */
  deleteAdapter(adapterName: string): void {
    this.#adapted.config(adapterName);
    this.#requireEnabled('delete an adapter');
    if (this.mergedAdapters.includes(adapterName)) this.#requireUnmerged(`delete "${adapterName}"`);
    if (this.activeAdapter === adapterName) {
      const next = [...this.#adapted.configs.keys()].find((name) => name !== adapterName);
      this.#adapted.select(next ?? null, true);
    }
    this.#adapted.remove(adapterName);
  }

  /**
   * Calls a function with all adapters disabled; if it returns a promise, until the promise resolves. Merged adapters are
   * unmerged and stay so. As in PEFT, biases that an adapter trained keep their trained values.
   *
   * @example
   * const before = peft.disableAdapter(() => peft.forward(batch));
   */
  disableAdapter<T>(fn: () => T): T {
    this.unmergeAdapter();
    return this.#adapted.withoutAdapters(fn);
  }

  /**
   * Merges adapters into the weights of their layers, which then run at full speed but cannot be trained. Skips adapters that are
   * already merged.
   *
   * @throws BertInputError when there is no such adapter, or `safeMerge` finds a weight that is not finite; nothing is changed
   *   then
   */
  mergeAdapter({ adapterNames, safeMerge = false }: MergeOptions = {}): void {
    const names = adapterNames ?? (this.activeAdapter === null ? [] : [this.activeAdapter]);
    for (const name of names) this.#adapted.config(name);
    this.#requireEnabled('merge');
    if (safeMerge) {
      for (const [path, layer] of this.#adapted.layers) requireFinite(path, layer.preview(names));
    }
    for (const layer of this.#adapted.layers.values()) for (const name of names) layer.merge(name);
  }

  /** Subtracts all merged adapters from the weights again; rounding errors remain. */
  unmergeAdapter(): void {
    for (const layer of this.#adapted.layers.values()) layer.unmerge();
  }

  /**
   * Merges adapters and removes everything else of LoRA from the model. Copies that the active adapter trained in full replace
   * their originals. Do not use this object afterwards.
   *
   * @returns the base model, frozen except for those copies
   * @throws as {@link mergeAdapter}
   */
  mergeAndUnload(options: MergeOptions = {}): M {
    this.mergeAdapter(options);
    this.#adapted.unload();
    return this.model;
  }

  /** Numbers of trained and of all parameters. */
  getNbTrainableParameters(): ParameterCounts {
    const variables = [...this.namedParameters().values()];
    const count = (some: tf.Variable[]): number => some.reduce((sum, { size }) => sum + size, 0);
    return { trainable: count(variables.filter(({ trainable }) => trainable)), total: count(variables) };
  }

  /** Prints the numbers of parameters in PEFT's format. @param print @default to standard output */
  printTrainableParameters(print: (line: string) => void = console.log): void {
    const { trainable, total } = this.getNbTrainableParameters();
    const [part, whole] = [trainable, total].map((count) => count.toLocaleString('en-US'));
    const percent = ((100 * trainable) / total).toFixed(4);
    print(`trainable params: ${part} || all params: ${whole} || trainable%: ${percent}`);
  }

  /** Disposes the model, all adapters and their copies. */
  dispose(): void {
    for (const module of this.#adapted.saved.values()) module.keepUsed();
    this.model.dispose();
  }

  #requireEnabled(act: string): void {
    if (this.#adapted.disabled) throw new BertInputError(`cannot ${act} within disableAdapter`);
  }

  #requireUnmerged(act: string): void {
    const merged = this.mergedAdapters;
    if (merged.length === 0) return;
    throw new BertInputError(
      `cannot ${act} while ${merged.join(', ')} is merged: call unmergeAdapter() first`,
    );
  }
}

/** Checks a weight, then disposes it. @throws BertInputError */
function requireFinite(path: string, weight: tf.Tensor2D): void {
  const finite = tf.tidy(() => tf.all(tf.isFinite(weight)).dataSync()[0]);
  weight.dispose();
  if (!finite) {
    throw new BertInputError(
      `the merged weight of ${path} would hold NaN or infinite values: the adapter is broken; nothing was changed`,
    );
  }
}
