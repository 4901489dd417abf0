/** Activation between the two linear layers of a block, by the names of `config.json`. `gelu` is the exact one (erf). */
export type HiddenAct = 'gelu' | 'gelu_new' | 'relu';

/** Shape and settings of a BERT: `config.json` in TypeScript's spelling. */
export interface BertConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** Longest sequence in tokens. */
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly hiddenAct: HiddenAct;
  readonly layerNormEps: number;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  /** Dropout before the classifier; null means `hiddenDropoutProb`. */
  readonly classifierDropout: number | null;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** Name of each class, in the order of the logits: as the checkpoint says, never assumed. */
  readonly id2label: readonly string[];
}
