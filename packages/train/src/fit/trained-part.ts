import type { Module } from '@fin/runtime';
import { TrainInputError } from '../errors.js';
import type { Optimizer } from '../optimizer/optimizer.js';

/**
 * The part of a model that an optimizer trains, frozen for the moment or not.
 *
 * @throws {TrainInputError} when the optimizer trains something that is not of the model
 */
export function trainedPart(model: Module, optimizer: Optimizer): Module {
  const trained = new Set(optimizer.parameters.values());
  const parameters = new Map([...model.namedParameters()].filter(([, variable]) => trained.has(variable)));
  if (parameters.size < trained.size) {
    const own = new Set(parameters.values());
    const strangers = [...optimizer.parameters]
      .filter(([, variable]) => !own.has(variable))
      .map(([name]) => name);
    throw new TrainInputError(
      `the optimizer trains what is not a parameter of the model: ${strangers.join(', ')}`,
    );
  }
  return { namedParameters: () => parameters };
}
