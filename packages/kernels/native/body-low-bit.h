// Frozen weights in few bits (see low-bit.h), widened panel by panel within a product. Included by isa-*.cc; no include guard.

/// numbers *= scale
FIN_INLINE void scale_numbers(float* numbers, int64_t count, float scale) {
  for (int64_t i = 0; i < count; i += W) store_up_to(numbers + i, load_up_to(numbers + i, count - i) * splat(scale), count - i);
}

/// Elements [begin, begin + count) of a matrix in NF4.
static void decode_nf4(const LowBitMatrix& matrix, int64_t begin, int64_t count, float* to) {
  for (int64_t done = 0; done < count;) {
    const int64_t at = begin + done, block = at / kNf4Block;
    const int64_t rest = (block + 1) * kNf4Block - at;
    const int64_t n = count - done < rest ? count - done : rest;
    float* const out = to + done;
    int64_t i = 0;
    if (at % 2 != 0) out[i++] = kNf4Pairs[matrix.codes[at / 2]][1];
    for (; i + 2 <= n; i += 2) __builtin_memcpy(out + i, kNf4Pairs[matrix.codes[(at + i) / 2]], 2 * sizeof(float));
    if (i < n) out[i] = kNf4Pairs[matrix.codes[(at + i) / 2]][0];
    const float scale = matrix.scale_map[matrix.scale_codes[block]] * matrix.scales[block / kNf4ScaleBlock];
    scale_numbers(out, n, scale + matrix.offset);
    done += n;
  }
}

/// Elements [col, col + count) of some rows, one row after the other.
static void decode_part(const LowBitMatrix& matrix, int64_t row, int64_t rows, int64_t col, int64_t count, float* to) {
  if (matrix.format == kNf4) {
    if (count == matrix.cols) return decode_nf4(matrix, row * count, rows * count, to);
    for (int64_t i = 0; i < rows; i++) decode_nf4(matrix, (row + i) * matrix.cols + col, count, to + i * count);
    return;
  }
  constexpr float kStep = 7.874015718698502e-3f;  // 1 / 127
  if (matrix.format == kInt8Panels) {
    const int64_t depth = round_up(matrix.cols, kInt8Depth);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t of = row + i;
      const auto* codes = (const int8_t*)matrix.codes + of / kPanel * kPanel * depth + of % kPanel * 4;
      for (int64_t k = 0; k < count; k++) {
        to[i * count + k] = (float)codes[(col + k) / 4 * 4 * kPanel + (col + k) % 4] * matrix.scales[of] * kStep;
      }
    }
    return;
  }
  for (int64_t i = 0; i < rows; i++) {
    const auto* codes = (const int8_t*)matrix.codes + (row + i) * matrix.cols + col;
    const float largest = matrix.scales[row + i];
    for (int64_t k = 0; k < count; k++) to[i * count + k] = (float)codes[k] * largest * kStep;
  }
}

/// Floats of scratch memory for the panel of a weight in few bits: its numbers row by row, and packed.
FIN_INLINE int64_t decoded_panel_scratch(int64_t depth) { return 2 * kPanel * (depth + kPanel); }

/// Packs a panel: 32 rows of the matrix, or 32 columns if transposed.
template <class T>
static void decode_panel(const LowBitMatrix& matrix, bool transposed, int64_t panel, float* numbers, T* packed) {
  const int64_t first = panel * kPanel;
  const int64_t all = transposed ? matrix.cols : matrix.rows;
  const int64_t count = all - first < kPanel ? all - first : kPanel;
  if (transposed) {
    decode_part(matrix, 0, matrix.rows, first, count, numbers);
    pack_wide_panel<T>(numbers, count, matrix.rows, true, 0, packed);
  } else {
    decode_part(matrix, first, count, 0, matrix.cols, numbers);
    pack_wide_panel<T>(numbers, count, matrix.cols, false, 0, packed);
  }
}

/// `multiply_panels` by a linear layer's weight: packed, or in few bits.
/// @param transposed whether this is the backward pass
/// @param codes those of the rows, where the weight is multiplied in int8
template <class T, class Epilogue>
static void multiply_weight(const Rows<T>& a, const EncoderLayer& layer, Linear which, bool transposed, int64_t first, int64_t last,
                            float* scratch, const Epilogue& epilogue, const CodedRows& codes = {}) {
  const LowBitMatrix& coded = layer.coded[which];
  if (in_int8(coded)) return multiply_coded(codes, a.count, coded, first, last, (int32_t*)scratch, epilogue);
  if (coded.codes == nullptr) return multiply_panels(a, layer.weight[which], first, last, scratch, epilogue);
  float* const numbers = scratch + round_up(panel_scratch(a), kPanel);
  T* const packed = (T*)(numbers + kPanel * (a.depth + kPanel));
  for (int64_t panel = first; panel < last; panel++) {
    decode_panel(coded, transposed, panel, numbers, packed);
    const auto moved = [&](int64_t row, int64_t col, vf left, vf right) {
      epilogue(row, panel * kPanel + col, left, right);
    };
    multiply_panels(a, packed, 0, 1, scratch, moved);
  }
}
