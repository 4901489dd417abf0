/** Matches the layer's number in a parameter's name, with or without adapters. */
const LAYER = /\bencoder\.layer\.(\d+)\./;

/**
 * Depth of a parameter below the head: 0 for pooler and classifier, 1 for the top layer, `layers + 1` for the embeddings.
 *
 * @param name name in `namedParameters`
 * @param layers number of layers of the encoder
 */
export function parameterDepth(name: string, layers: number): number {
  const layer = LAYER.exec(name);
  if (layer) return layers - Number(layer[1]);
  return /\bembeddings\./.test(name) ? layers + 1 : 0;
}
