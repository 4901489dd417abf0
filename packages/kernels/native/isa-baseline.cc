// The minimum of the architecture: SSE2 on x86-64, NEON on arm64.

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define FIN_ISA baseline
#define FIN_TABLE kBaseline
#define FIN_ENCODER kBaselineEncoder
#define FIN_INT8 kBaselineInt8
#define FIN_BYTES 16
#include "body.h"
