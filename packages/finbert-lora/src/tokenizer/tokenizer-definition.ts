import type { NormalizerOptions } from './normalize.js';
import type { SpecialTokens } from './special-tokens.js';

/** Longer words become `[UNK]` whole, as in the reference. */
const MAX_CHARACTERS_PER_WORD = 100;

/** The content of the `tokenizer.json` that belongs to a bare vocabulary: BERT's own pipeline around its words. */
export function tokenizerDefinition(
  words: readonly string[],
  special: SpecialTokens,
  normalizer: NormalizerOptions,
): object {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const template = (name: string, typeId: number) => ({ SpecialToken: { id: name, type_id: typeId } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const single = [template(special.cls, 0), text, template(special.sep, 0)];
  return {
    version: '1.0',
    added_tokens: Object.values(special).map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
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
