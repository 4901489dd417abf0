import type { Module } from '@fin/runtime';

/** Numbers of parameters of a module. */
export interface ParameterCount {
  /** Number of parameters, frozen ones included. */
  readonly parameters: number;
  readonly trainableParameters: number;
}

/** Counts the parameters of a module, element by element. */
export function countParameters(module: Module): ParameterCount {
  let [parameters, trainableParameters] = [0, 0];
  for (const { size, trainable } of module.namedParameters().values()) {
    parameters += size;
    if (trainable) trainableParameters += size;
  }
  return { parameters, trainableParameters };
}
