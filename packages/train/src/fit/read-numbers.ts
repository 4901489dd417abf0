import * as tf from '@tensorflow/tfjs-core';

/** Reads scalars from the device, all at once; numbers stay as they are. */
export async function readNumbers(values: readonly (number | tf.Scalar)[]): Promise<number[]> {
  const scalars = values.filter((value) => typeof value !== 'number');
  if (scalars.length === 0) return values as number[];
  const stacked = tf.stack(scalars);
  try {
    const read = [...(await stacked.data())].values();
    return values.map((value) => (typeof value === 'number' ? value : read.next().value!));
  } finally {
    stacked.dispose();
  }
}
