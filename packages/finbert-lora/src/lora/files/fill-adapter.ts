import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { BertInputError } from '../../errors.js';

/** With `bias: all` PEFT writes the biases of parts trained whole, and those of their originals, once more under these. */
const REPEATED = /\.(original_module|modules_to_save)\..*bias$/;

/** Names in a message at most. */
const SHOWN = 3;

/**
 * Puts an adapter's values from its file into its variables, all or none.
 *
 * @param expected variables by the file's names for them
 * @throws BertInputError naming what is missing, left over or of another shape
 */
export async function fillAdapter(
  expected: ReadonlyMap<string, tf.Variable>,
  checkpoint: Checkpoint,
): Promise<void> {
  checkFit(expected, checkpoint);
  const values: [tf.Variable, Float32Array][] = [];
  for (const [name, variable] of expected) values.push([variable, await checkpoint.readFloat32(name)]);
  for (const [variable, value] of values) {
    const tensor = tf.tensor(value, variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}

function checkFit(expected: ReadonlyMap<string, tf.Variable>, checkpoint: Checkpoint): void {
  const stored = new Set(checkpoint.names());
  const faults = [
    ...[...expected.keys()].filter((name) => !stored.has(name)).map((name) => `${name} is missing`),
    ...[...stored]
      .filter((name) => !expected.has(name) && !REPEATED.test(name))
      .map((name) => `${name} has no place in the model`),
    ...[...expected].flatMap(([name, { shape }]) => {
      const found = stored.has(name) ? checkpoint.info(name).shape : shape;
      const same = found.length === shape.length && found.every((size, i) => size === shape[i]);
      return same ? [] : [`${name} is [${found.join(', ')}] there and [${shape.join(', ')}] in the model`];
    }),
  ];
  if (faults.length === 0) return;
  const shown = faults.slice(0, SHOWN).join('; ');
  const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : '';
  throw new BertInputError(`does not fit the model and adapter_config.json: ${shown}${more}`, {
    file: checkpoint.files[0] ?? null,
  });
}
