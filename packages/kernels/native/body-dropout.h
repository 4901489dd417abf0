// Inverted dropout. Included by isa-*.cc; no include guard.

template <class T>
static void dropout(const Dropout& dropout, const void* x, void* y, int64_t begin, int64_t end, int64_t first) {
  constexpr int64_t kElements = 64 * W;
  uint32_t words[kElements + kBlockWords];
  for (int64_t at = begin; at < end; at += kElements) {
    const int64_t count = end - at < kElements ? end - at : kElements;
    const uint32_t* kept = dropout_words(dropout, first + at - begin, count, words);
    for (int64_t i = 0; i < count; i += W) {
      const int64_t left = count - i;
      store_up_to((T*)y + at + i, drop(dropout, load_up_to((const T*)x + at + i, left), kept + i), left);
    }
  }
}
