// FinMatMul: C = A B for each pair of matrices. Computes in float32 and rounds once to the dtype of the matrices.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace fin {
namespace {

/// Smaller products, in multiplications, run on one thread.
constexpr int64_t kWorthSharing = 1 << 17;

/// Largest size of one factor's panels, unless a single block needs more.
constexpr int64_t kPanelFloats = 6 << 20;

struct ProductAttributes {
  bool a_transposed;
  bool b_transposed;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new ProductAttributes{read.boolean("adj_x"), read.boolean("adj_y")};
}

void destroy(void* attributes) { delete static_cast<ProductAttributes*>(attributes); }

int64_t element_bytes(Storage storage) { return storage == kBFloat16 ? 2 : 4; }

int64_t ceil_div(int64_t count, int64_t by) { return (count + by - 1) / by; }

/// Number of rows or columns, of `count`, to pack at once: whole blocks.
int64_t packed_at_once(int64_t count, int64_t block, int64_t depth) {
  const int64_t blocks = std::max<int64_t>(1, kPanelFloats / (block * std::max<int64_t>(1, depth)));
  return std::min(blocks, ceil_div(count, block)) * block;
}

/// One matrix product, cut into parts whose panels are not too large.
struct Cut {
  ProductArgs args;
  int64_t element;
  int64_t rows, cols;  // of one part

  /// The part that begins at this row and column of C.
  ProductArgs part(int64_t row, int64_t col) const {
    ProductArgs part = args;
    part.a = static_cast<const char*>(args.a) + row * (args.a_transposed ? 1 : args.depth) * element;
    part.b = static_cast<const char*>(args.b) + col * (args.b_transposed ? args.depth : 1) * element;
    part.c = static_cast<char*>(args.c) + (args.c_transposed ? col * args.c_step + row : row * args.c_step + col) * element;
    part.rows = std::min(rows, args.rows - row);
    part.cols = std::min(cols, args.cols - col);
    return part;
  }
};

/// Chooses between C = A B and Cᵀ = Bᵀ Aᵀ. A tile has more columns than rows, so a narrow C, as in LoRA, wastes less of it when
/// computed transposed.
ProductArgs in_better_order(const ProductArgs& args) {
  const ProductShape& shape = kernels().product;
  const auto cost = [&](int64_t rows, int64_t cols) {
    return ceil_div(rows, shape.tile_rows) * shape.tile_rows * ceil_div(cols, shape.tile_cols) * shape.tile_cols;
  };
  if (cost(args.rows, args.cols) <= 2 * cost(args.cols, args.rows)) return args;
  ProductArgs turned = args;
  std::swap(turned.a, turned.b);
  std::swap(turned.rows, turned.cols);
  std::swap(turned.a_step, turned.b_step);
  turned.a_transposed = !args.b_transposed;
  turned.b_transposed = !args.a_transposed;
  turned.c_transposed = true;
  return turned;
}

/// Packs and multiplies. Tasks are taken in order, packing first. A multiplying task waits until all packing is done; when it
/// starts, every packing task has at least been started, so it cannot wait forever.
void multiply(const ProductArgs& args, Storage storage, bool share) {
  const Kernels& table = kernels();
  const ProductShape& shape = table.product;
  const int64_t row_blocks = ceil_div(args.rows, shape.block_rows);
  const int64_t col_blocks = ceil_div(args.cols, shape.block_cols);
  const int64_t packs = row_blocks + col_blocks;
  std::atomic<int64_t> packed{0};
  const auto pack = [&](int64_t block) {
    const bool of_b = block < col_blocks;
    const int64_t tile = of_b ? shape.tile_cols : shape.tile_rows;
    const int64_t panels = (of_b ? shape.block_cols : shape.block_rows) / tile;
    const int64_t first = (of_b ? block : block - col_blocks) * panels;
    const int64_t end = std::min(first + panels, ceil_div(of_b ? args.cols : args.rows, tile));
    for (int64_t panel = first; panel < end; panel++) {
      (of_b ? table.pack_cols : table.pack_rows)[storage](args, panel);
    }
    packed.fetch_add(1, std::memory_order_release);
  };
  const auto work = [&](int64_t task) {
    if (task < packs) return pack(task);
    for (int tries = 0; packed.load(std::memory_order_acquire) < packs; tries++) {
      if (tries > 64) std::this_thread::yield();
    }
    const int64_t block = task - packs;
    table.product_block[storage](args, block / col_blocks * shape.block_rows, block % col_blocks * shape.block_cols);
  };
  const int64_t tasks = packs + row_blocks * col_blocks;
  if (share) return parallel_for(tasks, work);
  for (int64_t task = 0; task < tasks; task++) work(task);
}

/// Computes one matrix product, packed into this thread's scratch memory.
/// @return false if out of memory
bool product(const ProductArgs& args, Storage storage, bool share) {
  const ProductShape& shape = kernels().product;
  const int64_t rows = packed_at_once(args.rows, shape.block_rows, args.depth);
  const int64_t cols = packed_at_once(args.cols, shape.block_cols, args.depth);
  float* panels = thread_scratch((rows + cols) * args.depth);
  if (panels == nullptr) return false;
  const Cut cut{args, element_bytes(storage), rows, cols};
  for (int64_t col = 0; col < args.cols; col += cols) {
    for (int64_t row = 0; row < args.rows; row += rows) {
      ProductArgs part = cut.part(row, col);
      part.a_panels = panels;
      part.b_panels = panels + rows * args.depth;
      multiply(part, storage, share);
    }
  }
  return true;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<ProductAttributes*>(kernel);
  Call call(context, "FinMatMul");
  Tensor a, b, c;
  call.input(0, a);
  call.input(1, b);
  if (!call.ok()) return;
  const int rank = a.rank();
  call.expect(rank >= 2 && b.rank() == rank, [&] {
    return "the factors have the shapes " + a.shape_text() + " and " + b.shape_text() + " where two of one rank, 2 or more, are needed";
  });
  if (!call.ok()) return;
  int64_t matrices = 1;
  bool alike = true;
  for (int i = 0; i < rank - 2; i++) {
    alike = alike && a.dim(i) == b.dim(i);
    matrices *= a.dim(i);
  }
  ProductArgs args{};
  args.a_transposed = attributes.a_transposed;
  args.b_transposed = attributes.b_transposed;
  args.rows = a.dim(args.a_transposed ? rank - 1 : rank - 2);
  args.depth = a.dim(args.a_transposed ? rank - 2 : rank - 1);
  args.cols = b.dim(args.b_transposed ? rank - 2 : rank - 1);
  alike = alike && args.depth == b.dim(args.b_transposed ? rank - 1 : rank - 2);
  call.expect(alike, [&] { return "the shapes " + a.shape_text() + " and " + b.shape_text() + " do not fit each other"; });
  if (!call.ok()) return;
  std::vector<int64_t> shape = a.shape();
  shape[rank - 2] = args.rows;
  shape[rank - 1] = args.cols;
  call.output(0, c, a.dtype(), shape);
  if (!call.ok() || c.elements() == 0) return;
  args.a_step = args.rows;
  args.b_step = args.cols;
  args.c_step = args.cols;
  const Storage stored = storage(a);
  const int64_t element = element_bytes(stored);
  const auto one = [&](int64_t matrix, bool share) {
    ProductArgs of = args;
    of.a = a.data<char>() + matrix * args.rows * args.depth * element;
    of.b = b.data<char>() + matrix * args.depth * args.cols * element;
    of.c = c.data<char>() + matrix * args.rows * args.cols * element;
    return product(in_better_order(of), stored, share);
  };
  const int64_t multiplications = args.rows * args.cols * std::max<int64_t>(1, args.depth);
  std::atomic<bool> short_of_memory{false};
  const bool large = multiplications >= (matrices == 1 ? 1 : 8) * kWorthSharing;
  if (large) {
    for (int64_t matrix = 0; matrix < matrices && !short_of_memory; matrix++) {
      if (!one(matrix, true)) short_of_memory = true;
    }
  } else {
    const int64_t together = std::max<int64_t>(1, kWorthSharing / multiplications);
    parallel_for(ceil_div(matrices, together), [&](int64_t group) {
      const int64_t end = std::min(matrices, (group + 1) * together);
      for (int64_t matrix = group * together; matrix < end && !short_of_memory; matrix++) {
        if (!one(matrix, false)) short_of_memory = true;
      }
    });
  }
  if (short_of_memory) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

}  // namespace

std::string register_product() {
  return register_op({
      "FinMatMul",
      {"T: {float, bfloat16}", "adj_x: bool = false", "adj_y: bool = false"},
      {"x: T", "y: T"},
      {"z: T"},
      &create,
      &compute,
      &destroy,
  });
}

}  // namespace fin
