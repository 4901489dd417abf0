// The instructions of this processor.

#pragma once

#include "kernels.h"

namespace fin {

/// The kernels for the widest vectors that this processor and system have, or those chosen by `choose_kernels`.
const Kernels& kernels();

/// Takes the kernels of that name from now on, the best ones for an empty name.
/// @return false where this processor does not have them
bool choose_kernels(const char* name);

/// Whether the processor has instructions for products of bfloat16, or may have: only x86 is asked.
bool multiplies_bfloat16();

/// Calls `visit` with the name of each table that this processor can run, best first.
void each_kernels(void (*visit)(const char* name, void* context), void* context);

}  // namespace fin
