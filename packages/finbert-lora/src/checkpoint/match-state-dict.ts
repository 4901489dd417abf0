import type { Checkpoint } from './checkpoint.js';

/** Prefix of the encoder's weights in a model with a head. A bare `BertModel` has no prefix. */
const ENCODER_PREFIX = 'bert.';

/** TensorFlow's names of layer norm weights, which converted checkpoints such as bert-base-uncased keep. */
const OLD_NAMES: readonly (readonly [now: string, then: string])[] = [
  ['LayerNorm.weight', 'LayerNorm.gamma'],
  ['LayerNorm.bias', 'LayerNorm.beta'],
];

/** The numbers 0, 1, 2 …, which older versions of transformers stored as if they were weights. */
const POSITION_IDS = /(^|\.)embeddings\.position_ids$/;

/** Result of {@link matchStateDict}. */
export interface StateDictMatch {
  /** Maps the model's name of each weight with the right shape to its name in the checkpoint. */
  readonly mapping: ReadonlyMap<string, string>;
  /** Weights that the checkpoint lacks. They keep their initial values. */
  readonly missing: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unexpected: readonly string[];
  /** Weights with another shape in the checkpoint. */
  readonly mismatched: readonly {
    readonly name: string;
    readonly checkpointName: string;
    readonly expected: readonly number[];
    readonly found: readonly number[];
  }[];
}

/**
 * Finds the tensor of each weight in a checkpoint, by the rules of transformers' `from_pretrained`. If only the model or only the
 * checkpoint uses the prefix `bert.`, it is added to or removed from all names. A layer norm's `gamma` and `beta` are its weight
 * and bias. Stored position ids are ignored.
 *
 * @param expected shape of each weight, by the model's name for it
 */
export function matchStateDict(
  expected: ReadonlyMap<string, readonly number[]>,
  checkpoint: Pick<Checkpoint, 'names' | 'info'>,
): StateDictMatch {
  const stored = new Set(checkpoint.names());
  const rename = prefixRule([...expected.keys()], [...stored]);
  const mapping = new Map<string, string>();
  const missing: string[] = [];
  const mismatched: StateDictMatch['mismatched'][number][] = [];
  const used = new Set<string>();
  for (const [name, shape] of expected) {
    const checkpointName = spellings(rename(name)).find((spelling) => stored.has(spelling));
    if (checkpointName === undefined) {
      missing.push(name);
      continue;
    }
    used.add(checkpointName);
    const found = checkpoint.info(checkpointName).shape;
    if (sameShape(shape, found)) mapping.set(name, checkpointName);
    else mismatched.push({ name, checkpointName, expected: shape, found });
  }
  const unexpected = [...stored].filter((name) => !used.has(name) && !POSITION_IDS.test(name));
  return { mapping, missing, unexpected, mismatched };
}

function prefixRule(expected: readonly string[], stored: readonly string[]): (name: string) => string {
  const isEncoder = (name: string): boolean => name.startsWith(ENCODER_PREFIX);
  const modelHas = expected.some(isEncoder);
  const checkpointHas = stored.some(isEncoder);
  if (modelHas === checkpointHas) return (name) => name;
  if (checkpointHas) return (name) => ENCODER_PREFIX + name;
  return (name) => (isEncoder(name) ? name.slice(ENCODER_PREFIX.length) : name);
}

function spellings(name: string): string[] {
  const old = OLD_NAMES.filter(([now]) => name.endsWith(now)).map(
    ([now, then]) => name.slice(0, -now.length) + then,
  );
  return [name, ...old];
}

function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((size, i) => size === right[i]);
}
