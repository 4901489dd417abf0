import type { BertConfig } from '../config/bert-config.js';

/** Name and shape of every weight of a `BertForSequenceClassification`, in PyTorch's order, without making one. */
export function parameterShapes(config: BertConfig): Map<string, readonly number[]> {
  const { hiddenSize: hidden, intermediateSize: inner, id2label } = config;
  const shapes = new Map<string, readonly number[]>();
  const linear = (path: string, inFeatures: number, outFeatures: number) => {
    shapes.set(`${path}.weight`, [outFeatures, inFeatures]);
    shapes.set(`${path}.bias`, [outFeatures]);
  };
  const norm = (path: string) => {
    shapes.set(`${path}.weight`, [hidden]);
    shapes.set(`${path}.bias`, [hidden]);
  };
  const embeddings = 'bert.embeddings';
  shapes.set(`${embeddings}.word_embeddings.weight`, [config.vocabSize, hidden]);
  shapes.set(`${embeddings}.position_embeddings.weight`, [config.maxPositionEmbeddings, hidden]);
  shapes.set(`${embeddings}.token_type_embeddings.weight`, [config.typeVocabSize, hidden]);
  norm(`${embeddings}.LayerNorm`);
  for (let i = 0; i < config.numHiddenLayers; i++) {
    const layer = `bert.encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) linear(`${layer}.attention.self.${part}`, hidden, hidden);
    linear(`${layer}.attention.output.dense`, hidden, hidden);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, hidden, inner);
    linear(`${layer}.output.dense`, inner, hidden);
    norm(`${layer}.output.LayerNorm`);
  }
  linear('bert.pooler.dense', hidden, hidden);
  linear('classifier', hidden, id2label.length);
  return shapes;
}
