// FinEmbeddings: rows of embedding tables, added up and normalized, as at the bottom of BERT. Its gradient is FinLayerNormGrad's, summed
// by the rows of each table.

#include "cpu.h"
#include "op.h"

namespace fin {
namespace {

struct EmbeddingsAttributes {
  int64_t tables;
  float epsilon;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new EmbeddingsAttributes{read.integer("N"), read.real("epsilon")};
}

void destroy(void* attributes) { delete static_cast<EmbeddingsAttributes*>(attributes); }

/// Fails unless all tables have the same number of columns, and each id is a row of its table.
void check(Call& call, const std::vector<std::unique_ptr<Tensor>>& tables, const std::vector<std::unique_ptr<Tensor>>& ids) {
  for (size_t i = 0; call.ok() && i < tables.size(); i++) {
    const Tensor& table = *tables[i];
    const auto name = [&] { return "table " + std::to_string(i); };
    call.expect(table.rank() == 2, [&] { return name() + " has the shape " + table.shape_text() + " where [entries, columns] is needed"; });
    if (!call.ok()) return;
    call.expect(table.dim(1) == tables[0]->dim(1), [&] {
      return name() + " has " + std::to_string(table.dim(1)) + " columns, and table 0 has " + std::to_string(tables[0]->dim(1));
    });
    call.expect(ids[i]->rank() == 1, [&] { return "the ids of " + name() + " have the shape " + ids[i]->shape_text(); });
    if (!call.ok()) return;
    call.expect(ids[i]->dim(0) == ids[0]->dim(0), [&] {
      return name() + " has " + std::to_string(ids[i]->dim(0)) + " ids, and table 0 has " + std::to_string(ids[0]->dim(0));
    });
    const int32_t* const id = ids[i]->data<int32_t>();
    for (int64_t row = 0; call.ok() && row < ids[i]->dim(0); row++) {
      call.expect(id[row] >= 0 && id[row] < table.dim(0), [&] {
        return "id " + std::to_string(id[row]) + " is not in " + name() + ", which has " + std::to_string(table.dim(0)) + " entries";
      });
    }
  }
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<EmbeddingsAttributes*>(kernel);
  Call call(context, "FinEmbeddings");
  const auto tables = call.inputs(0, attributes.tables);
  const auto ids = call.inputs(attributes.tables, attributes.tables);
  Tensor gamma, beta, y, sum, mean, rstd;
  call.input(static_cast<int>(2 * attributes.tables), gamma);
  call.input(static_cast<int>(2 * attributes.tables + 1), beta);
  if (!call.ok()) return;
  check(call, tables, ids);
  if (!call.ok()) return;
  const int64_t rows = ids[0]->dim(0), cols = tables[0]->dim(1);
  const TF_DataType dtype = tables[0]->dtype();
  call.expect_vector(gamma, "gamma", cols);
  call.expect_vector(beta, "beta", cols);
  call.output(0, y, dtype, {rows, cols});
  call.output(1, sum, dtype, {rows, cols});
  call.output(2, mean, TF_FLOAT, {rows});
  call.output(3, rstd, TF_FLOAT, {rows});
  if (!call.ok()) return;
  std::vector<const void*> table_data;
  std::vector<const int32_t*> id_data;
  for (const auto& table : tables) table_data.push_back(table->data());
  for (const auto& id : ids) id_data.push_back(id->data<int32_t>());
  const TableRowsArgs gathered{table_data.data(), id_data.data(), attributes.tables, cols, sum.data()};
  LayerNormArgs norm{};
  norm.x = sum.data();
  norm.gamma = gamma.data<float>();
  norm.beta = beta.data<float>();
  norm.rows = rows;
  norm.cols = cols;
  norm.epsilon = attributes.epsilon;
  norm.y = y.data();
  norm.mean = mean.data<float>();
  norm.rstd = rstd.data<float>();
  const auto sum_table_rows = kernels().sum_table_rows[storage(sum)];
  normalize_rows(call, norm, storage(sum), [&](int64_t begin, int64_t end) { sum_table_rows(gathered, begin, end); });
}

}  // namespace

std::string register_embeddings() {
  return register_op({
      "FinEmbeddings",
      {"T: {float, bfloat16}", "N: int >= 1", "epsilon: float"},
      {"tables: N * T", "ids: N * int32", "gamma: float", "beta: float"},
      {"y: T", "sum: T", "mean: float", "rstd: float"},
      &create,
      &compute,
      &destroy,
  });
}

}  // namespace fin
