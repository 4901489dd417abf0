/** Files of a model's tokenizer. One of the first two is needed. */
const VOCABULARIES = ['tokenizer.json', 'vocab.txt'];
const TOKENIZER_SETTINGS = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'];

const SHARD_INDEX = 'model.safetensors.index.json';

/** Files with weights, in order of preference: files without pickles first. */
const WEIGHTS = ['model.safetensors', SHARD_INDEX, 'pytorch_model.bin'];
const ADAPTER_WEIGHTS = ['adapter_model.safetensors', 'adapter_model.bin'];

/** A folder of the hub, on the hub or in the cache. */
export interface ModelFolder {
  has(name: string): boolean;
  /** Text of a file that the folder {@link has}. */
  read(name: string): Promise<string>;
}

/** The files that a model needs, or what it lacks. */
export interface ModelFiles {
  readonly files: readonly string[];
  /** What is missing, as a clause; null when nothing is. */
  readonly problem: string | null;
}

/**
 * Chooses the files of a BERT, or of a LoRA adapter of PEFT, that are needed to use it: configuration, tokenizer, and the weights in one
 * format, `model.safetensors` or its shards before `pytorch_model.bin`.
 */
export async function modelFiles(folder: ModelFolder): Promise<ModelFiles> {
  const there = (names: readonly string[]) => names.filter((name) => folder.has(name));
  const tokenizer = there([...VOCABULARIES, ...TOKENIZER_SETTINGS]);
  if (folder.has('adapter_config.json')) {
    const [weights] = there(ADAPTER_WEIGHTS);
    if (weights === undefined) return lacks(`none of ${ADAPTER_WEIGHTS.join(', ')}`);
    return {
      files: ['adapter_config.json', ...there(['config.json']), ...tokenizer, weights],
      problem: null,
    };
  }
  if (!folder.has('config.json')) return lacks('no config.json');
  if (there(VOCABULARIES).length === 0) return lacks(`none of ${VOCABULARIES.join(', ')}`);
  const [weights] = there(WEIGHTS);
  if (weights === undefined) return lacks(`none of ${WEIGHTS.join(', ')}`);
  const shards = weights === SHARD_INDEX ? shardsOf(await folder.read(weights)) : [];
  if (shards === null) return lacks(`no list of weights in ${SHARD_INDEX}`);
  const missing = shards.filter((name) => !folder.has(name));
  if (missing.length > 0) return lacks(`no ${missing[0]}, which ${SHARD_INDEX} names`);
  return { files: ['config.json', ...tokenizer, weights, ...shards], problem: null };
}

const lacks = (what: string): ModelFiles => ({ files: [], problem: `it has ${what}` });

/** Names of the files in an index; null when it is none, or names a file outside of its folder. */
function shardsOf(index: string): string[] | null {
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map: Record<string, unknown> };
    const names = [...new Set(Object.values(map))];
    const plain = names.filter((name) => typeof name === 'string' && /^\w[\w.-]*$/.test(name));
    return names.length > 0 && plain.length === names.length ? (plain as string[]) : null;
  } catch {
    return null;
  }
}
