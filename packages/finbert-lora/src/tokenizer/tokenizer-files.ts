import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { shownValue } from '../check-fields.js';
import { BertInputError } from '../errors.js';
import { readJsonFile } from '../read-text-file.js';
import type { NormalizerOptions } from './prepare-text.js';
import type { SpecialTokens } from './vocabulary.js';
import { BERT_SPECIAL_TOKENS, readVocabulary } from './vocabulary.js';

/** Maximum length of all published BERTs. */
const DEFAULT_MAX_LENGTH = 512;

/** transformers writes 1e30 for "no limit". */
const LARGEST_MAX_LENGTH = 1_000_000;

/** Longer words become `[UNK]`, as in the reference. */
const MAX_CHARACTERS_PER_WORD = 100;

/** Settings of a tokenizer. Omitted settings come from the files, else have the values of BERT-uncased. */
export interface TokenizerOptions {
  /** Lowercase texts. @default `do_lower_case` of tokenizer_config.json, else true */
  readonly lowercase?: boolean;
  /** Drop accents. @default `strip_accents` of tokenizer_config.json, else the value of `lowercase` */
  readonly stripAccents?: boolean;
  /** Make every ideograph a word. @default `tokenize_chinese_chars` of tokenizer_config.json, else true */
  readonly handleChineseChars?: boolean;
  /** Maximum length of a sequence in tokens, [CLS] and [SEP] included. @default `model_max_length`, else 512 */
  readonly maxLength?: number;
  /**
   * Rows of the model's embedding table. A vocabulary with more words or far fewer words is refused.
   * @default `vocab_size` of the config.json in the same folder, else unchecked
   */
  readonly vocabSize?: number;
}

/** A word added to a vocabulary after training. It is found anywhere in a text, before the text is split into words. */
export interface AddedWord {
  readonly content: string;
  readonly id: number;
}

/** Everything that a tokenizer is made from. */
export interface TokenizerSource {
  /** Content of a `tokenizer.json`. */
  readonly definition: object;
  /** Word of each id, added words included. */
  readonly words: readonly string[];
  /** Added words as `added_tokens.json` lists them: the last entries of `words`. */
  readonly added: readonly AddedWord[];
  readonly special: SpecialTokens;
  readonly normalizer: NormalizerOptions;
  readonly maxLength: number;
  readonly vocabSize: number | null;
  readonly padTokenId: number | null;
  /** File of the vocabulary, named in messages. */
  readonly file: string | null;
}

type Token = string | { content: string } | null;

/** The fields of `tokenizer_config.json` that are used. */
interface TokenizerConfig {
  do_lower_case?: boolean | null;
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean | null;
  model_max_length?: number | null;
  pad_token?: Token;
  unk_token?: Token;
  cls_token?: Token;
  sep_token?: Token;
  mask_token?: Token;
}

/** The fields of `config.json` that are used; `readConfig` checks them. */
interface ModelConfig {
  vocab_size?: unknown;
  pad_token_id?: unknown;
}

const token = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

const TOKENIZER_CONFIG: z.ZodType<TokenizerConfig> = z.looseObject({
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  model_max_length: z.number().nullish(),
  pad_token: token,
  unk_token: token,
  cls_token: token,
  sep_token: token,
  mask_token: token,
});

const MODEL_CONFIG: z.ZodType<ModelConfig> = z.looseObject({
  vocab_size: z.unknown().optional(),
  pad_token_id: z.unknown().optional(),
});

const id = z.int().min(0);

/** The fields of `tokenizer.json` that are used. */
const DEFINITION = z.looseObject({
  model: z.looseObject({ type: z.string().nullish(), vocab: z.unknown().optional() }).nullish(),
  normalizer: z.looseObject({ type: z.string().nullish() }).nullish(),
  pre_tokenizer: z.looseObject({ type: z.string().nullish() }).nullish(),
  added_tokens: z
    .array(
      z.looseObject({
        id,
        content: z.string(),
        special: z.boolean().optional(),
        normalized: z.boolean().optional(),
        lstrip: z.boolean().optional(),
        rstrip: z.boolean().optional(),
        single_word: z.boolean().optional(),
      }),
    )
    .nullish(),
});

const WORD_IDS = z.record(z.string(), z.number());

/** Makes a tokenizer from a list of words. */
export function sourceFromWords(
  words: readonly string[],
  options: TokenizerOptions,
  {
    file = null,
    added = [],
    config = {},
    model = {},
  }: {
    file?: string | null;
    added?: readonly AddedWord[];
    config?: TokenizerConfig;
    model?: ModelConfig;
  } = {},
): TokenizerSource {
  const special = specialTokens(config);
  const normalizer = normalizerOptions({}, config, options);
  const definition = tokenizerDefinition(words, { special, normalizer, added });
  const all = [...words, ...added.map(({ content }) => content)];
  return { definition, words: all, added, special, normalizer, file, ...limits(options, config, model) };
}

/** A tokenizer from a model's folder: `tokenizer.json`, else `vocab.txt` with `added_tokens.json`. */
export function sourceFromDir(dir: string, options: TokenizerOptions): TokenizerSource {
  const optional = <T>(name: string, schema: z.ZodType<T>): T => {
    const path = join(dir, name);
    return parse(schema, existsSync(path) ? readJsonFile(path) : {}, path);
  };
  const config = optional('tokenizer_config.json', TOKENIZER_CONFIG);
  const model = optional('config.json', MODEL_CONFIG);
  const vocabulary = join(dir, 'vocab.txt');
  const file = join(dir, 'tokenizer.json');
  if (!existsSync(file)) {
    const words = readVocabulary(vocabulary);
    const added = addedWords(words, optional('added_tokens.json', WORD_IDS), join(dir, 'added_tokens.json'));
    return sourceFromWords(words, options, { file: vocabulary, added, config, model });
  }
  const definition = parse(DEFINITION, readJsonFile(file), file);
  const { words, added } = wordsOfDefinition(definition, file);
  if (existsSync(vocabulary)) requireSameWords(words, readVocabulary(vocabulary), file);
  const normalizer = normalizerOptions(definition.normalizer ?? {}, config, options);
  return {
    definition,
    words,
    added,
    special: specialTokens(config),
    normalizer,
    file,
    ...limits(options, config, model),
  };
}

/** @throws BertInputError naming file and field */
function parse<T>(schema: z.ZodType<T>, content: unknown, file: string): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BertInputError(`${issue.path.map(String).join('.')} is not valid (${issue.message})`, { file });
}

/**
 * Reads the words of an `added_tokens.json`, which maps each word to its id. transformers ignores these ids and numbers the words
 * after the vocabulary. A file with other ids is refused here, since transformers would load it wrongly.
 *
 * @throws BertInputError
 */
function addedWords(
  words: readonly string[],
  ids: Readonly<Record<string, number>>,
  file: string,
): AddedWord[] {
  const known = new Map(words.map((word, at) => [word, at]));
  const added = Object.entries(ids)
    .filter(([content, id]) => known.get(content) !== id)
    .map(([content, id]) => ({ content, id }))
    .sort((left, right) => left.id - right.id);
  added.forEach(({ content, id }, at) => {
    if (known.has(content) || id !== words.length + at) {
      throw new BertInputError(
        `${shownValue(content)} has id ${id}; the ids of added tokens must follow the ${words.length} entries of vocab.txt, each once`,
        { file },
      );
    }
  });
  return added;
}

function wordsOfDefinition(
  definition: z.infer<typeof DEFINITION>,
  file: string,
): { words: string[]; added: AddedWord[] } {
  const parts = {
    model: 'WordPiece',
    normalizer: 'BertNormalizer',
    pre_tokenizer: 'BertPreTokenizer',
  } as const;
  for (const [part, wanted] of Object.entries(parts) as [keyof typeof parts, string][]) {
    const type = definition[part]?.type;
    if (type !== wanted) {
      throw new BertInputError(
        `its ${part} is ${type ?? 'missing'}, not ${wanted}: not the tokenizer of a BERT model`,
        { file },
      );
    }
  }
  const vocab = parse(WORD_IDS, definition.model?.vocab ?? {}, file);
  const ids = new Map(Object.entries(vocab));
  const size = ids.size;
  const tokens = definition.added_tokens ?? [];
  for (const { id, content } of tokens) {
    if ((ids.get(content) ?? id) !== id) {
      throw new BertInputError(
        `${shownValue(content)} has id ${ids.get(content)} in the vocabulary and ${id} as an added token`,
        { file },
      );
    }
    ids.set(content, id);
  }
  const words = new Array<string>(ids.size);
  for (const [word, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= ids.size || words[id] !== undefined) {
      throw new BertInputError(
        `the ids of its ${ids.size} entries are not 0 to ${ids.size - 1}, each once (${shownValue(word)}: ${id})`,
        { file },
      );
    }
    words[id] = word;
  }
  const added = tokens
    .filter(({ content, special, normalized, lstrip, rstrip, single_word: single }) => {
      const plain = !special && normalized !== false && !lstrip && !rstrip && !single;
      return plain && !Object.hasOwn(vocab, content);
    })
    .map(({ content, id }) => ({ content, id }))
    .sort((left, right) => left.id - right.id);
  return { words, added: added.every(({ id }, at) => id === size + at) ? added : [] };
}

function requireSameWords(words: readonly string[], listed: readonly string[], file: string): void {
  const at = listed.findIndex((word, id) => words[id] !== word);
  if (at < 0) return;
  throw new BertInputError(
    `entry ${at} is ${shownValue(words[at])} here and ${shownValue(listed[at])} in the vocab.txt beside it: two different vocabularies; delete the wrong one`,
    { file },
  );
}

function specialTokens(config: TokenizerConfig): SpecialTokens {
  const named = (role: keyof SpecialTokens): string => {
    const given = config[`${role}_token`];
    return (typeof given === 'object' ? given?.content : given) ?? BERT_SPECIAL_TOKENS[role];
  };
  return { pad: named('pad'), unk: named('unk'), cls: named('cls'), sep: named('sep'), mask: named('mask') };
}

function normalizerOptions(
  definition: Readonly<Record<string, unknown>>,
  config: TokenizerConfig,
  options: TokenizerOptions,
): NormalizerOptions {
  const first = (...values: unknown[]) =>
    values.find((value) => typeof value === 'boolean') as boolean | undefined;
  const lowercase = first(options.lowercase, config.do_lower_case, definition.lowercase) ?? true;
  return {
    cleanText: first(definition.clean_text) ?? true,
    handleChineseChars:
      first(options.handleChineseChars, config.tokenize_chinese_chars, definition.handle_chinese_chars) ??
      true,
    stripAccents: first(options.stripAccents, config.strip_accents, definition.strip_accents) ?? lowercase,
    lowercase,
  };
}

function limits(options: TokenizerOptions, config: TokenizerConfig, model: ModelConfig) {
  const count = (value: unknown) => (Number.isInteger(value) ? (value as number) : null);
  const stated = count(config.model_max_length);
  return {
    maxLength:
      options.maxLength ?? (stated !== null && stated <= LARGEST_MAX_LENGTH ? stated : DEFAULT_MAX_LENGTH),
    vocabSize: options.vocabSize ?? count(model.vocab_size),
    padTokenId: count(model.pad_token_id),
  };
}

/** The content of the `tokenizer.json` for a bare vocabulary: BERT's own pipeline around its words. */
function tokenizerDefinition(
  words: readonly string[],
  {
    special,
    normalizer,
    added,
  }: {
    readonly special: SpecialTokens;
    readonly normalizer: NormalizerOptions;
    readonly added: readonly AddedWord[];
  },
): object {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const template = (name: string, typeId: number) => ({ SpecialToken: { id: name, type_id: typeId } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const single = [template(special.cls, 0), text, template(special.sep, 0)];
  const flags = { single_word: false, lstrip: false, rstrip: false };
  return {
    version: '1.0',
    added_tokens: [
      ...Object.values(special).map((content) => ({
        id: vocab[content],
        content,
        ...flags,
        normalized: false,
        special: true,
      })),
      ...added.map(({ content, id }) => ({ id, content, ...flags, normalized: true, special: false })),
    ],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: normalizer.cleanText,
      handle_chinese_chars: normalizer.handleChineseChars,
      strip_accents: normalizer.stripAccents,
      lowercase: normalizer.lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, { Sequence: { id: 'B', type_id: 1 } }, template(special.sep, 1)],
      special_tokens: Object.fromEntries(
        [special.cls, special.sep].map((token) => [
          token,
          { id: token, ids: [vocab[token]], tokens: [token] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: special.unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: MAX_CHARACTERS_PER_WORD,
      vocab,
    },
  };
}
