import { openSafetensors, toFloat32, writeSafetensors } from '@fin/files/safetensors';
import type { HostTensor } from '../optimizer/optimizer.js';

/** Writes tensors to a safetensors file. */
export async function writeTensors(file: string, tensors: ReadonlyMap<string, HostTensor>): Promise<void> {
  await writeSafetensors(
    file,
    new Map([...tensors].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data } as const])),
  );
}

/** Reads all tensors of a safetensors file. */
export async function readTensors(file: string): Promise<Map<string, HostTensor>> {
  const source = await openSafetensors(file);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of source.names()) {
      const tensor = await source.read(name);
      tensors.set(name, { shape: tensor.shape, data: toFloat32(tensor) });
    }
    return tensors;
  } finally {
    await source.close();
  }
}
