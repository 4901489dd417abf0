import process from 'node:process';
import * as tf from '@tensorflow/tfjs-core';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Makes wasm tfjs's backend. Its module would leave two listeners on the process that throw what they are told of, so that an
 * uncaught error of any part of the program ends it with exit code 7 and the module's own line of code; they are taken off.
 */
export async function startWasm(): Promise<boolean> {
  const before = EVENTS.map((event) => process.listeners(event as 'uncaughtException'));
  const started = await tf.setBackend('wasm');
  for (const [i, event] of EVENTS.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[i].includes(listener)) process.off(event, listener);
    }
  }
  return started;
}
