// FinPackedAttention: softmax(scale q kᵀ) v within each of the sequences that lie end to end.  FinPackedAttentionGrad: its
// gradients.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>
#include <atomic>

namespace fin {
namespace {

struct AttentionAttributes {
  int64_t heads;
  float scale;
  DropoutAttributes dropout;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new AttentionAttributes{
      read.integer("heads"), read.real("scale"), {read.real("rate"), read.real("keep_scale")}};
}

void destroy(void* attributes) { delete static_cast<AttentionAttributes*>(attributes); }

/// Checks and stores the arguments that forward and backward pass share. Returns one task per head of each non-empty sequence.
std::vector<AttentionTask> read_common(Call& call, const AttentionAttributes& attributes, const Tensor& q, const Tensor& k,
                                       const Tensor& v, const Tensor& offsets, const Tensor& seed, AttentionArgs& args) {
  std::vector<AttentionTask> tasks;
  if (!call.ok()) return tasks;
  call.expect(q.rank() == 2, [&] { return "q has the shape " + q.shape_text() + " where [tokens, hidden] is needed"; });
  if (!call.ok()) return tasks;
  call.expect_same(k, "k", q, "q");
  call.expect_same(v, "v", q, "q");
  const int64_t tokens = q.dim(0), hidden = q.dim(1), heads = attributes.heads;
  call.expect(heads > 0 && hidden % heads == 0, [&] {
    return std::to_string(hidden) + " columns cannot be divided among " + std::to_string(heads) + " heads";
  });
  args.longest = expect_offsets(call, offsets, tokens);
  if (!call.ok()) return tasks;
  const int64_t sequences = offsets.dim(0) - 1;
  args.dropout = read_dropout(call, attributes.dropout, seed, sequences + 1);
  if (!call.ok()) return tasks;
  args.drawn_longest = args.dropout.rows == nullptr ? args.longest : args.dropout.rows[sequences];

  const int32_t* offset = offsets.data<int32_t>();
  args.q = q.data();
  args.k = k.data();
  args.v = v.data();
  args.step = hidden;
  args.out_step = hidden;
  args.tokens = tokens;
  args.heads = heads;
  args.head_dim = hidden / heads;
  args.scale = attributes.scale;
  if (hidden == 0) return tasks;
  tasks.reserve(static_cast<size_t>(sequences * heads));
  for (int64_t i = 0; i < sequences; i++) {
    if (offset[i] == offset[i + 1]) continue;
    for (int64_t head = 0; head < heads; head++) tasks.push_back({i, head, offset[i], offset[i + 1]});
  }
  return tasks;
}

using Work = void (*)(const AttentionArgs&, const AttentionTask&, float*);

void run(Call& call, const AttentionArgs& args, const std::vector<AttentionTask>& tasks, Work work, bool backward) {
  const int64_t scratch_floats = kernels().attention_scratch(args.longest, args.head_dim, backward);
  // Neighbouring heads read neighbouring columns, so one thread takes several if enough are left for the other threads.
  const int64_t count = static_cast<int64_t>(tasks.size());
  const int64_t together = std::min(args.heads, std::max<int64_t>(1, count / (8 * threads())));
  std::atomic<bool> short_of_memory{false};
  parallel_for((count + together - 1) / together, [&](int64_t group) {
    float* scratch = thread_scratch(scratch_floats);
    if (scratch == nullptr) {
      short_of_memory = true;
      return;
    }
    const int64_t end = std::min(count, (group + 1) * together);
    for (int64_t task = group * together; task < end; task++) work(args, tasks[static_cast<size_t>(task)], scratch);
  });
  if (short_of_memory) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<AttentionAttributes*>(kernel);
  Call call(context, "FinPackedAttention");
  Tensor q, k, v, offsets, seed, out, lse;
  call.input(0, q);
  call.input(1, k);
  call.input(2, v);
  call.input(3, offsets);
  call.input(4, seed);
  AttentionArgs args{};
  const auto tasks = read_common(call, attributes, q, k, v, offsets, seed, args);
  if (!call.ok()) return;
  call.output(0, out, q.dtype(), q.shape());
  call.output(1, lse, TF_FLOAT, {attributes.heads, args.tokens, 1});  // one column, so that @fin/amp keeps it in float32
  if (!call.ok()) return;
  args.out = out.data();
  args.lse = lse.data<float>();
  run(call, args, tasks, kernels().attention[storage(q)], false);
}

void compute_grad(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<AttentionAttributes*>(kernel);
  Call call(context, "FinPackedAttentionGrad");
  Tensor dout, q, k, v, offsets, lse, seed, dq, dk, dv;
  call.input(0, dout);
  call.input(1, q);
  call.input(2, k);
  call.input(3, v);
  call.input(4, offsets);
  call.input(5, lse);
  call.input(6, seed);
  AttentionArgs args{};
  const auto tasks = read_common(call, attributes, q, k, v, offsets, seed, args);
  if (call.ok()) {
    call.expect_same(dout, "dout", q, "q");
    call.expect(lse.rank() == 3 && lse.dim(2) == 1 && lse.dim(0) == args.heads && lse.dim(1) == args.tokens,
                [&] { return "lse has the shape " + lse.shape_text() + " where [heads, tokens, 1] is needed"; });
  }
  if (!call.ok()) return;
  call.output(0, dq, q.dtype(), q.shape());
  call.output(1, dk, q.dtype(), q.shape());
  call.output(2, dv, q.dtype(), q.shape());
  if (!call.ok()) return;
  args.dout = dout.data();
  args.lse = lse.data<float>();
  args.dq = dq.data();
  args.dk = dk.data();
  args.dv = dv.data();
  run(call, args, tasks, kernels().attention_grad[storage(q)], true);
}

}  // namespace

std::string register_attention() {
  const std::vector<const char*> attributes{"T: {float, bfloat16}", "heads: int", "scale: float", "rate: float = 0.0",
                                            "keep_scale: float = 1.0"};
  const std::string problem = register_op({
      "FinPackedAttention",
      attributes,
      {"q: T", "k: T", "v: T", "offsets: int32", "seed: int32"},
      {"out: T", "lse: float"},
      &create,
      &compute,
      &destroy,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinPackedAttentionGrad",
      attributes,
      {"dout: T", "q: T", "k: T", "v: T", "offsets: int32", "lse: float", "seed: int32"},
      {"dq: T", "dk: T", "dv: T"},
      &create,
      &compute_grad,
      &destroy,
  });
}

}  // namespace fin
