/** Number of the layer in a parameter's name, whether the model is bare or has adapters on it. */
const LAYER = /\bencoder\.layer\.(\d+)\./;

/**
 * How far below the head a parameter lies: 0 for pooler and classifier, 1 for the top layer, `layers + 1` for the embeddings.
 *
 * @param name as `namedParameters` has it
 * @param layers number of layers of the encoder
 */
export function parameterDepth(name: string, layers: number): number {
  const layer = LAYER.exec(name);
  if (layer) return layers - Number(layer[1]);
  return /\bembeddings\./.test(name) ? layers + 1 : 0;
}
