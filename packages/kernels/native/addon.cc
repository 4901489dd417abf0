// The Node addon: registers the ops with TensorFlow and describes the processor.

#include <dlfcn.h>
#include <node_api.h>

#include <cstring>
#include <mutex>
#include <string>

#include "cpu.h"
#include "op.h"
#include "pool.h"
#include "tensorflow/c/c_api.h"

namespace fin {
namespace {

/// Keeps this library loaded until the process ends, since TensorFlow keeps pointers into it. Node would unload it at the end of a
/// worker thread.
void stay_loaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stay_loaded), &info) != 0) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

/// Whether another copy of this library has registered the ops. Registering them twice would abort the process.
bool registered_elsewhere() {
  TF_Status* status = TF_NewStatus();
  TF_Buffer* list = TF_GetRegisteredKernelsForOp("FinGelu", status);
  const bool found = TF_GetCode(status) == TF_OK && list->length > 0;
  if (list != nullptr) TF_DeleteBuffer(list);
  TF_DeleteStatus(status);
  return found;
}

/// @return an empty string on success, else the error
std::string register_all() {
  if (registered_elsewhere()) return "another copy of the kernels is loaded in this process";
  for (const auto register_some :
       {register_dropout, register_gelu, register_layer_norm, register_embeddings, register_attention,
        register_product, register_encoder, register_pack_weights, register_adam, register_adam_8bit, register_gradient_norm,
        register_low_bit, register_int8_linear, register_lstm}) {
    const std::string problem = register_some();
    if (!problem.empty()) return problem;
  }
  return "";
}

/// Registers the ops once per process, even if several JavaScript threads load the addon.
const std::string& registration() {
  static const std::string problem = (stay_loaded(), register_all());
  return problem;
}

napi_value text(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

using Visitor = void (*)(const char* name, void* context);

/// The names that `each` visits, as an array.
napi_value names(napi_env env, void (*each)(Visitor, void*)) {
  struct List {
    napi_env env;
    napi_value names;
    uint32_t count;
  } list{env, nullptr, 0};
  napi_create_array(env, &list.names);
  each(
      [](const char* name, void* context) {
        List& list = *static_cast<List*>(context);
        napi_set_element(list.env, list.names, list.count++, text(list.env, name));
      },
      &list);
  return list.names;
}

/// instructionSets(): names of the instruction sets that this processor can run, best first.
napi_value instruction_sets(napi_env env, napi_callback_info) { return names(env, &each_kernels); }

/// encoderUnits(): names of the units by which FinEncoder can multiply in bfloat16 here, best first.
napi_value encoder_units(napi_env env, napi_callback_info) { return names(env, &each_encoder); }

/// int8Units(): names of the units that can multiply in int8 here, best first.
napi_value int8_units(napi_env env, napi_callback_info) { return names(env, &each_int8); }

/// describe(): { instructionSet, threads, encoderUnit, int8Unit } in use, and whether the processor { multipliesBfloat16 }.
napi_value describe(napi_env env, napi_callback_info) {
  napi_value result, count, bfloat16;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "instructionSet", text(env, kernels().name));
  napi_create_int32(env, threads(), &count);
  napi_set_named_property(env, result, "threads", count);
  napi_set_named_property(env, result, "encoderUnit", text(env, encoder_unit()));
  napi_set_named_property(env, result, "int8Unit", text(env, int8_unit_name()));
  napi_get_boolean(env, multiplies_bfloat16(), &bfloat16);
  napi_set_named_property(env, result, "multipliesBfloat16", bfloat16);
  return result;
}

/// choose(instructionSet, threads), for tests and benchmarks; '' and 0 select the defaults. Returns false for an unknown name.
napi_value choose(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  char name[32] = "";
  size_t length = 0;
  int32_t wanted = 0;
  bool known = napi_get_cb_info(env, info, &count, values, nullptr, nullptr) == napi_ok && count == 2 &&
               napi_get_value_string_utf8(env, values[0], name, sizeof name, &length) == napi_ok &&
               napi_get_value_int32(env, values[1], &wanted) == napi_ok;
  known = known && choose_kernels(name);
  if (known) set_threads(wanted);
  napi_value result;
  napi_get_boolean(env, known, &result);
  return result;
}

/// Calls `choose` with the first argument.
napi_value choose_by_name(napi_env env, napi_callback_info info, bool (*choose)(const char* name)) {
  size_t count = 1;
  napi_value value;
  char name[32] = "";
  size_t length = 0;
  const bool known = napi_get_cb_info(env, info, &count, &value, nullptr, nullptr) == napi_ok && count == 1 &&
                     napi_get_value_string_utf8(env, value, name, sizeof name, &length) == napi_ok && choose(name);
  napi_value result;
  napi_get_boolean(env, known, &result);
  return result;
}

/// chooseEncoder(unit) and chooseInt8(unit), for tests and benchmarks; '' selects the best. Return false for an unknown name.
napi_value choose_unit(napi_env env, napi_callback_info info) { return choose_by_name(env, info, &choose_encoder); }
napi_value choose_int8_unit(napi_env env, napi_callback_info info) { return choose_by_name(env, info, &choose_int8); }

void add_function(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace
}  // namespace fin

NAPI_MODULE_INIT() {
  napi_set_named_property(env, exports, "problem", fin::text(env, fin::registration().c_str()));
  fin::add_function(env, exports, "instructionSets", fin::instruction_sets);
  fin::add_function(env, exports, "describe", fin::describe);
  fin::add_function(env, exports, "choose", fin::choose);
  fin::add_function(env, exports, "encoderUnits", fin::encoder_units);
  fin::add_function(env, exports, "chooseEncoder", fin::choose_unit);
  fin::add_function(env, exports, "int8Units", fin::int8_units);
  fin::add_function(env, exports, "chooseInt8", fin::choose_int8_unit);
  return exports;
}
