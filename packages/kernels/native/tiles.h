// The tile unit of AMX: eight registers of 16 rows x 64 bytes. Included inside the namespace of an instruction set; no include
// guard. `Tiles` has the instructions, or the same in C++ where FIN_TILES_BY is FIN_EMULATED.
//
// A product C += A B takes A as 16 rows x 32 bfloat16, B as 16 pairs of depths x 16 columns x 2, and C as 16 rows x 16 floats. In bytes it
// takes A as 16 rows x 64 uint8, B as 16 fours of depths x 16 columns x 4 int8, and C as 16 rows x 16 int32.

constexpr int64_t kTile = 16;       // rows; columns of C
constexpr int64_t kTileDepth = 32;  // columns of A

#if FIN_TILES_BY == FIN_EMULATED

class Tiles {
 public:
  void begin() {}
  void after_stores() {}
  void end() {}

  template <int C>
  void zero() {
    __builtin_memset(registers_[C], 0, sizeof registers_[C]);
  }

  /// @param step bytes from one row to the next
  template <int R>
  void load(const void* from, int64_t step) {
    for (int64_t row = 0; row < kTile; row++) __builtin_memcpy(registers_[R] + row * 64, (const char*)from + row * step, 64);
  }

  template <int R>
  void load_passing(const void* from, int64_t step) {
    load<R>(from, step);
  }

  template <int R>
  void save(void* to, int64_t step) {
    for (int64_t row = 0; row < kTile; row++) __builtin_memcpy((char*)to + row * step, registers_[R] + row * 64, 64);
  }

  template <int C, int A, int B>
  void multiply() {
    float c[kTile][kTile], a[kTile][kTileDepth], b[kTile][kTileDepth];
    __builtin_memcpy(c, registers_[C], sizeof c);
    widen(registers_[A], a);
    widen(registers_[B], b);
    for (int64_t m = 0; m < kTile; m++) {
      for (int64_t pair = 0; pair < kTile; pair++) {
        for (int64_t n = 0; n < kTile; n++) {
          c[m][n] += a[m][2 * pair] * b[pair][2 * n] + a[m][2 * pair + 1] * b[pair][2 * n + 1];
        }
      }
    }
    __builtin_memcpy(registers_[C], c, sizeof c);
  }

  template <int C, int A, int B>
  void multiply_bytes() {
    int32_t c[kTile][kTile];
    uint8_t a[kTile][4 * kTile];
    int8_t b[kTile][4 * kTile];
    __builtin_memcpy(c, registers_[C], sizeof c);
    __builtin_memcpy(a, registers_[A], sizeof a);
    __builtin_memcpy(b, registers_[B], sizeof b);
    for (int64_t m = 0; m < kTile; m++) {
      for (int64_t k = 0; k < 4 * kTile; k++) {
        for (int64_t n = 0; n < kTile; n++) c[m][n] += a[m][k] * b[k / 4][4 * n + k % 4];
      }
    }
    __builtin_memcpy(registers_[C], c, sizeof c);
  }

 private:
  static void widen(const char* tile, float (&wide)[kTile][kTileDepth]) {
    for (int64_t row = 0; row < kTile; row++) {
      for (int64_t col = 0; col < kTileDepth; col++) {
        uint16_t bits;
        __builtin_memcpy(&bits, tile + row * 64 + col * 2, sizeof bits);
        const uint32_t wider = (uint32_t)bits << 16;
        __builtin_memcpy(&wide[row][col], &wider, sizeof wider);
      }
    }
  }

  char registers_[8][1024];
};

#else

/// In assembly, since the compilers' intrinsics do not say what memory they read. Neither do these loads, so that the compiler can
/// move other work between them: call `after_stores` before loading what was just written.
class Tiles {
 public:
  /// All registers 16 x 64 bytes. Each thread has its own setting, and TensorFlow changes it.
  void begin() {
    struct __attribute__((packed)) {
      uint8_t palette, start_row, reserved[14];
      uint16_t row_bytes[16];
      uint8_t rows[16];
    } shapes = {};
    static_assert(sizeof shapes == 64, "the layout of LDTILECFG");
    shapes.palette = 1;
    for (int i = 0; i < 8; i++) {
      shapes.row_bytes[i] = 64;
      shapes.rows[i] = kTile;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
  }

  FIN_MEMBER void after_stores() { __asm__ volatile("" : : : "memory"); }

  void end() { __asm__ volatile("tilerelease" : : : "memory"); }

  template <int C>
  FIN_MEMBER void zero() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(C));
  }

  template <int R>
  FIN_MEMBER void load(const void* from, int64_t step) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(step), "i"(R));
  }

  /// Loads what will not be needed again soon: it does not push other memory out of the L1 cache.
  template <int R>
  FIN_MEMBER void load_passing(const void* from, int64_t step) {
    __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(step), "i"(R));
  }

  template <int R>
  FIN_MEMBER void save(void* to, int64_t step) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(step), "i"(R) : "memory");
  }

  template <int C, int A, int B>
  FIN_MEMBER void multiply() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }

  template <int C, int A, int B>
  FIN_MEMBER void multiply_bytes() {
    __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};

#endif
