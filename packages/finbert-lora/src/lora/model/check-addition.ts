import { BertInputError } from '../../errors.js';
import type { AdapterPlan } from '../targets/adapter-plan.js';
import { isWithin } from '../targets/plan-adapter.js';
import type { AdaptedModel } from './adapted-model.js';

/** Letters, digits and what joins them: the name stands in names of tensors and of folders. */
const NAME = /^[\w-]+$/;

/** @throws BertInputError when an adapter does not go with those there are */
export function checkAddition(
  model: AdaptedModel,
  name: string,
  { config, targets, saved }: AdapterPlan,
): void {
  if (!NAME.test(name)) {
    throw new BertInputError(`"${name}" cannot be an adapter's name: use letters, digits, - and _`);
  }
  if (model.configs.has(name)) throw new BertInputError(`there is an adapter "${name}" already`);
  const withBias = [...model.configs].find(([, other]) => other.bias !== 'none');
  if (withBias && config.bias !== 'none') {
    throw new BertInputError(
      `bias is '${config.bias}', but the biases are the base model's and adapter "${withBias[0]}" trains them: of several adapters only one may`,
    );
  }
  const foreign = targets.find(({ path, layer }) => layer.adapter !== null && !model.layers.has(path));
  if (foreign) {
    throw new BertInputError(
      `${foreign.path} has an adapter from elsewhere: use addAdapter of the model that applyLora gave`,
    );
  }
  for (const path of targets.map((target) => target.path)) {
    const whole = [...model.saved.keys()].find((other) => isWithin(path, other));
    if (whole) throw new BertInputError(`${path} lies within ${whole}, which another adapter trains whole`);
  }
  for (const { path } of saved) {
    const others = [...model.layers.keys(), ...[...model.saved.keys()].filter((other) => other !== path)];
    const clash = others.find((other) => isWithin(other, path) || isWithin(path, other));
    if (clash) {
      throw new BertInputError(`modulesToSave names ${path}, but another adapter changes ${clash} by itself`);
    }
  }
}
