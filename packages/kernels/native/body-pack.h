// The second factor of a product in panels; see kPanel in encoder.h. Included by isa-*.cc; no include guard.

/// Stores two rows as neighbours: one depth after the other in float32, pairs in bfloat16. See kPanel.
FIN_INLINE void store_depths(float* panel, int64_t col, vf upper, vf lower) {
  store(panel + col, upper);
  store(panel + kPanel + col, lower);
}

FIN_INLINE void store_depths(bfloat16* panel, int64_t col, vf upper, vf lower) {
  const vu pairs = bfloat16_pairs(upper, lower);
  __builtin_memcpy((void*)(panel + 2 * col), &pairs, sizeof pairs);
}

/// Packs 32 columns of some rows as the second factor of a product over the rows, with zeros up to `depth` rows.
FIN_INLINE void pack_columns(const float* from, int64_t step, int64_t rows, int64_t depth, float* panel) {
  for (int64_t row = 0; row < depth; row++) {
    for (int64_t i = 0; i < kPanel; i += W) {
      store(panel + row * kPanel + i, row < rows ? load(from + row * step + i) : splat(0.0f));
    }
  }
}

FIN_INLINE void pack_columns(const bfloat16* from, int64_t step, int64_t rows, int64_t depth, bfloat16* panel) {
  for (int64_t row = 0; row < depth; row += 2) {
    for (int64_t i = 0; i < kPanel; i += W) {
      vu pair = {};
      for (int64_t of = 0; of < 2 && row + of < rows; of++) {
        vh half;
        __builtin_memcpy(&half, from + (row + of) * step + i, sizeof half);
        pair |= __builtin_convertvector(half, vu) << (16 * (uint32_t)of);
      }
      __builtin_memcpy((void*)(panel + row * kPanel + 2 * i), &pair, sizeof pair);
    }
  }
}

/// Packs one panel of a weight; see `pack_weights`.
template <class T>
static void pack_wide_panel(const float* weight, int64_t out_features, int64_t in_features, bool transposed, int64_t panel,
                            void* packed) {
  const int64_t depth = round_up(in_features, kPanel);
  T* to = (T*)packed + panel * kPanel * depth;
  const auto part = [&](int64_t row, int64_t col, int64_t rows, int64_t cols) {
    return row < rows && col < cols ? load_up_to(weight + row * cols + col, cols - col) : splat(0.0f);
  };
  if constexpr (sizeof(T) == 2) {
    if (!transposed) {
      // Two depths of a column are neighbours in the weight, so that pairs of them change places, half as many as numbers.
      for (int64_t i = 0; i < kPanel; i += W) {
        for (int64_t k = 0; k < depth; k += 2 * W) {
          vf pairs[W];
          for (int64_t of = 0; of < W; of++) {
            const int64_t out = panel * kPanel + i + of;
            T low[2 * W];
            store_both(low, part(out, k, out_features, in_features), part(out, k + W, out_features, in_features));
            __builtin_memcpy(&pairs[of], low, sizeof low);
          }
          transpose(pairs);
          for (int64_t of = 0; of < W; of++) {
            __builtin_memcpy((void*)(to + (k + 2 * of) * kPanel + 2 * i), &pairs[of], sizeof pairs[of]);
          }
        }
      }
      return;
    }
  }
  for (int64_t i = 0; i < kPanel; i += W) {
    const int64_t out = panel * kPanel + i;
    for (int64_t k = 0; k < depth; k += W) {
      vf depths[W];
      for (int64_t of = 0; of < W; of++) {
        depths[of] = transposed ? part(k + of, out, in_features, out_features) : part(out + of, k, out_features, in_features);
      }
      if (!transposed) transpose(depths);
      for (int64_t of = 0; of < W; of += 2) store_depths(to + (k + of) * kPanel, i, depths[of], depths[of + 1]);
    }
  }
}
