import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { matchProblems } from '../checkpoint/load-state-dict.js';
import type { StateDictMatch } from '../checkpoint/match-state-dict.js';
import { matchStateDict } from '../checkpoint/match-state-dict.js';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import type { BertConfig } from '../config/bert-config.js';
import { readConfig } from '../config/config-json.js';
import { BertInputError } from '../errors.js';
import { BertTokenizer } from '../tokenizer/bert-tokenizer.js';

/** Weights that a checkpoint may lack: a bare encoder has no head. Any other missing weight means that the file is damaged. */
const MAY_BE_NEW = /^(bert\.pooler|classifier)\./;

/** An opened model folder, checked but not loaded. */
export interface InspectedModel {
  readonly config: BertConfig;
  /** The caller closes it. */
  readonly checkpoint: Checkpoint;
  readonly match: StateDictMatch;
  /** Null if the tokenizer has a problem. */
  readonly tokenizer: BertTokenizer | null;
  /** Reasons why the model cannot be loaded; empty if it can. */
  readonly problems: readonly BertInputError[];
}

/**
 * Opens a model folder and compares its configuration, tokenizer and tensors. Reads headers only and allocates no weights, so a
 * configuration that claims a huge model costs nothing.
 *
 * @param labels classes of the loaded model, see `LoadBertOptions`
 * @throws BertInputError when the configuration does not describe a BERT; CheckpointError, SafetensorsError
 */
export async function inspectModel(dir: string, labels?: readonly string[]): Promise<InspectedModel> {
  const stored = readConfig(dir);
  const ownHead = labels === undefined || sameLabels(stored.id2label, labels);
  const config: BertConfig = ownHead ? stored : { ...stored, id2label: [...labels] };
  const problems: BertInputError[] = [];
  const tokenizer = openTokenizer(dir, config.vocabSize, problems);
  const checkpoint = await openCheckpoint(dir);
  try {
    const shapes = parameterShapes(config);
    if (!ownHead) for (const name of shapes.keys()) if (isHead(name)) shapes.delete(name);
    const match = matchStateDict(shapes, checkpoint);
    problems.push(...matchProblems(match, checkpoint, dir));
    const damaged = match.missing.filter((name) => !MAY_BE_NEW.test(name));
    if (damaged.length > 0) {
      problems.push(
        new BertInputError(
          `the checkpoint lacks ${damaged.length} weights of the encoder that config.json describes, the first being ${damaged[0]}: they do not belong together, or a file is missing`,
          { file: dir },
        ),
      );
    }
    return { config, checkpoint, match, tokenizer, problems };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** Whether a weight belongs to the classifier. */
export const isHead = (name: string): boolean => name.startsWith('classifier.');

function openTokenizer(dir: string, vocabSize: number, problems: BertInputError[]): BertTokenizer | null {
  try {
    return BertTokenizer.fromDir(dir, { vocabSize });
  } catch (error) {
    if (!(error instanceof BertInputError)) throw error;
    problems.push(error);
    return null;
  }
}

/** Whether two lists name the same classes, in any order and case. */
function sameLabels(left: readonly string[], right: readonly string[]): boolean {
  const names = new Set(left.map((label) => label.toLowerCase()));
  return left.length === right.length && right.every((label) => names.has(label.toLowerCase()));
}

/** Name and shape of every weight of a `BertForSequenceClassification`, in PyTorch's order. */
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
