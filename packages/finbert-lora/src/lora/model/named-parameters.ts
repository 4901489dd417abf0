import type * as tf from '@tensorflow/tfjs-core';
import { leafParts } from '../targets/plan-adapter.js';
import type { AdaptedModel } from './adapted-model.js';
import type { SavedModule } from './saved-module.js';

/** What every name begins with: PEFT's two wrappers. */
const PREFIX = 'base_model.model.';

/** Every parameter by the name it has in PEFT's model, in its order. */
export function peftParameters(model: AdaptedModel): Map<string, tf.Variable> {
  const all = new Map<string, tf.Variable>();
  const put = (name: string, variable: tf.Variable) => all.set(PREFIX + name, variable);
  const done = new Set<SavedModule>();
  for (const [path, part] of leafParts(model.model)) {
    const module = [...model.saved.values()].find((saved) => saved.holds(path));
    if (module) {
      if (!done.has(module)) for (const [name, variable] of savedParameters(module)) put(name, variable);
      done.add(module);
      continue;
    }
    const adapter = model.layers.get(path);
    const base = adapter ? `${path}.base_layer` : path;
    for (const [name, variable] of part.namedParameters()) put(`${base}.${name}`, variable);
    for (const [name, variable] of adapter?.namedParameters() ?? []) put(`${path}.${name}`, variable);
  }
  return all;
}

/** What an adapter's file holds, by the names PEFT gives it there: without the adapter's own. */
export function adapterTensors(model: AdaptedModel, adapter: string): Map<string, tf.Variable> {
  const all = new Map<string, tf.Variable>();
  for (const [path, { adapters }] of model.layers) {
    for (const [kind, variable] of adapters.get(adapter)?.parameters() ?? []) {
      all.set(`${PREFIX}${path}.${kind}${kind === 'lora_magnitude_vector' ? '' : '.weight'}`, variable);
    }
  }
  for (const [path, variable] of model.biases(adapter)) {
    const base = model.layers.get(path)?.adapters.has(adapter) ? '.base_layer' : '';
    all.set(`${PREFIX}${path}${base}.bias`, variable);
  }
  for (const [path, { copies }] of model.saved) {
    for (const [key, variable] of copies.get(adapter) ?? []) all.set(`${PREFIX}${path}.${key}`, variable);
  }
  return all;
}

function savedParameters({ path, original, copies }: SavedModule): [string, tf.Variable][] {
  const named = (owner: string, variables: ReadonlyMap<string, tf.Variable>): [string, tf.Variable][] =>
    [...variables].map(([key, variable]) => [`${path}.${owner}.${key}`, variable]);
  return [
    ...named('original_module', original),
    ...[...copies].flatMap(([adapter, variables]) => named(`modules_to_save.${adapter}`, variables)),
  ];
}
