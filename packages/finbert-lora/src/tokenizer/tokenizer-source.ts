import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BertInputError } from '../errors.js';
import { readJsonFile } from '../read-json-file.js';
import type { NormalizerOptions } from './normalize.js';
import { readVocabulary } from './read-vocabulary.js';
import type { SpecialTokens } from './special-tokens.js';
import { BERT_SPECIAL_TOKENS } from './special-tokens.js';
import { tokenizerDefinition } from './tokenizer-definition.js';

/** Positions of every published BERT. */
export const DEFAULT_MAX_LENGTH = 512;
/** transformers writes 1e30 for "no limit". */
const LARGEST_MAX_LENGTH = 1_000_000;

/** How texts are prepared; what is left out comes from the files, else is BERT-uncased's. */
export interface TokenizerOptions {
  /** Lowercase texts. @default `do_lower_case` of tokenizer_config.json, else true */
  readonly lowercase?: boolean;
  /** Drop accents. @default `strip_accents` of tokenizer_config.json, else the value of `lowercase` */
  readonly stripAccents?: boolean;
  /** Every ideograph a word of its own. @default `tokenize_chinese_chars` of tokenizer_config.json, else true */
  readonly handleChineseChars?: boolean;
  /** Most tokens of one sequence, [CLS] and [SEP] included. @default `model_max_length`, else 512 */
  readonly maxLength?: number;
  /** Rows of the model's embedding table; another vocabulary size is refused. @default `vocab_size` of a config.json beside it, else unchecked */
  readonly vocabSize?: number;
}

/** Everything a tokenizer is made of, wherever it came from. */
export interface TokenizerSource {
  /** Content of a `tokenizer.json`. */
  readonly definition: object;
  readonly words: readonly string[];
  readonly special: SpecialTokens;
  readonly normalizer: NormalizerOptions;
  readonly maxLength: number;
  readonly vocabSize: number | null;
  readonly padTokenId: number | null;
  readonly file: string | null;
}

type Json = Record<string, unknown>;

/** A tokenizer from words alone. */
export function sourceFromWords(
  words: readonly string[],
  options: TokenizerOptions,
  { file = null, config = {}, model = {} }: { file?: string | null; config?: Json; model?: Json } = {},
): TokenizerSource {
  const special = specialTokens(config);
  const normalizer = normalizerOptions({}, config, options);
  const definition = tokenizerDefinition(words, special, normalizer);
  return { definition, words, special, normalizer, file, ...limits(options, config, model) };
}

/** A tokenizer from the folder of a published model: `tokenizer.json`, else `vocab.txt`. */
export function sourceFromDir(dir: string, options: TokenizerOptions): TokenizerSource {
  const optional = (name: string): Json => (existsSync(join(dir, name)) ? readJsonFile(join(dir, name)) : {});
  const config = optional('tokenizer_config.json');
  const model = optional('config.json');
  const vocabulary = join(dir, 'vocab.txt');
  const file = join(dir, 'tokenizer.json');
  if (!existsSync(file)) {
    return sourceFromWords(readVocabulary(vocabulary), options, { file: vocabulary, config, model });
  }
  const definition = readJsonFile(file);
  const words = wordsOfDefinition(definition, file);
  if (existsSync(vocabulary)) sameWords(words, readVocabulary(vocabulary), file);
  const normalizer = normalizerOptions(definition.normalizer as Json, config, options);
  return {
    definition,
    words,
    special: specialTokens(config),
    normalizer,
    file,
    ...limits(options, config, model),
  };
}

function wordsOfDefinition(definition: Json, file: string): string[] {
  const type = (part: string) => (definition[part] as Json | null | undefined)?.type;
  const parts = { model: 'WordPiece', normalizer: 'BertNormalizer', pre_tokenizer: 'BertPreTokenizer' };
  for (const [part, wanted] of Object.entries(parts)) {
    if (type(part) !== wanted) {
      throw new BertInputError(
        `its ${part} is ${type(part) ?? 'missing'}, not ${wanted}: not the tokenizer of a BERT model`,
        {
          file,
        },
      );
    }
  }
  const vocab = (definition.model as Json).vocab;
  const added = (definition.added_tokens ?? []) as { id: number; content: string }[];
  const ids = new Map(Object.entries((vocab ?? {}) as Record<string, number>));
  for (const { id, content } of added) {
    if ((ids.get(content) ?? id) !== id) {
      throw new BertInputError(
        `"${content}" has id ${ids.get(content)} in the vocabulary and ${id} as an added token`,
        { file },
      );
    }
    ids.set(content, id);
  }
  const words = new Array<string>(ids.size);
  for (const [word, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= ids.size || words[id] !== undefined) {
      throw new BertInputError(
        `the ids of its ${ids.size} entries are not 0 to ${ids.size - 1}, each once ("${word}": ${id})`,
        {
          file,
        },
      );
    }
    words[id] = word;
  }
  return words;
}

function sameWords(words: readonly string[], listed: readonly string[], file: string): void {
  const at = listed.findIndex((word, id) => words[id] !== word);
  if (at < 0) return;
  throw new BertInputError(
    `entry ${at} is "${words[at]}" here and "${listed[at]}" in the vocab.txt beside it: two different vocabularies; delete the wrong one`,
    { file },
  );
}

function specialTokens(config: Json): SpecialTokens {
  const named = (role: keyof SpecialTokens): string => {
    const token = config[`${role}_token`] as string | { content?: string } | null | undefined;
    return (typeof token === 'object' ? token?.content : token) ?? BERT_SPECIAL_TOKENS[role];
  };
  return { pad: named('pad'), unk: named('unk'), cls: named('cls'), sep: named('sep'), mask: named('mask') };
}

function normalizerOptions(definition: Json, config: Json, options: TokenizerOptions): NormalizerOptions {
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

function limits(options: TokenizerOptions, config: Json, model: Json) {
  const count = (value: unknown) => (Number.isInteger(value) ? (value as number) : null);
  const stated = count(config.model_max_length);
  return {
    maxLength:
      options.maxLength ?? (stated !== null && stated <= LARGEST_MAX_LENGTH ? stated : DEFAULT_MAX_LENGTH),
    vocabSize: options.vocabSize ?? count(model.vocab_size),
    padTokenId: count(model.pad_token_id),
  };
}
