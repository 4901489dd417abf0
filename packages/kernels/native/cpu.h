// Instruction sets of this processor.

#pragma once

#include "encoder.h"
#include "int8.h"
#include "kernels.h"

namespace fin {

/// The kernels in use: those for the widest vectors that processor and system support, unless `choose_kernels` chose others.
const Kernels& kernels();

/// Selects the kernels of that name, or the best ones for an empty name.
/// @return false if this processor cannot run them
bool choose_kernels(const char* name);

/// Whether the processor has instructions for bfloat16 products. Only x86 is checked; true on others.
bool multiplies_bfloat16();

/// Calls `visit` with the name of each instruction set that this processor can run, best first.
void each_kernels(void (*visit)(const char* name, void* context), void* context);

}  // namespace fin
