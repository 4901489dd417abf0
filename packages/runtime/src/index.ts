export type { BackendReport } from './backend/find-backends.js';
export { findBackends } from './backend/find-backends.js';
export { currentTensorFlow, loadTensorFlow } from './backend/load-tensorflow.js';
export type { NativeBinding } from './backend/native-binding.js';
export type { NodeBackend } from './backend/node-backend.js';
export { hasNativeOps, nativeHandleId, nodeBackend } from './backend/node-backend.js';
export type { BackendName, LoadedTensorFlow, LoadOptions } from './backend/types.js';
export type { Attr, Attrs, AttrValue } from './dispatch/attributes.js';
export { AttrType, attr, attrList, castAttrs } from './dispatch/attributes.js';
export type { NativeDType } from './dispatch/dtypes.js';
export { dtypeName, dtypeNumber, elementBytes, standInDType } from './dispatch/dtypes.js';
export type { InstalledInterceptor, InterceptorOptions } from './dispatch/interceptors.js';
export {
  derivedHandles,
  installedInterceptors,
  installInterceptor,
  nativeHandles,
  readIndices,
  releaseHandle,
} from './dispatch/interceptors.js';
export { DATA_MOVER_OPS, resetWidenedOps, widenedOps } from './dispatch/match-dtypes.js';
export type { Observer } from './dispatch/observer.js';
export { beginRange, installObserver } from './dispatch/observers.js';
export type { Encoding, Interceptor, Next, OpCall, TensorHandle } from './dispatch/op-call.js';
export { doctor } from './doctor/doctor.js';
export { formatDoctor } from './doctor/format-doctor.js';
export type {
  CacheReport,
  CpuFeatures,
  CpuReport,
  DoctorReport,
  Finding,
  GpuReport,
  ToolReport,
} from './doctor/report.js';
export { BackendUnavailableError, NotLoadedError, RawOpError, RuntimeError } from './errors.js';
export { cacheRoot } from './install/cache-layout.js';
export type { AddonOptions, AddonOutcome } from './install/compile-addon.js';
export { compileAddon } from './install/compile-addon.js';
export type { AvailableCompiler, Compiler } from './install/compiler.js';
export { InstallInputError, InstallInterrupted } from './install/errors.js';
export { findInstallation } from './install/find-installation.js';
export type { InstallOptions } from './install/install-tensorflow.js';
export { installTensorFlow } from './install/install-tensorflow.js';
export type { Installation, TensorFlowSource } from './install/installation.js';
export type { FailedAttempt, InstallOutcome } from './install/outcome.js';
export { formatOutcome } from './install/outcome.js';
export type { InstallEvent, InstallListener } from './install/progress.js';
export { availableCompiler } from './install/zig.js';
export type { MemoryReading, NativeMemory, TensorGrowth } from './memory.js';
export { countTensors, memory, NO_GROWTH } from './memory.js';
export type { Module } from './modules.js';
export { parameter } from './modules.js';
export type { DrawnRows } from './random/dropout.js';
export { dropout } from './random/dropout.js';
export type { RandomStream, RandomStreamState, RandomStreams } from './random/random-streams.js';
export { randomStreams } from './random/random-streams.js';
export type { TensorOfShape } from './random/tensor-of-shape.js';
export { encodedTensor, encodingOf, storedBytes } from './raw/encoded-tensor.js';
export { castNative, nativeDType } from './raw/native-dtype.js';
export { isInputDTypeError, isMissingKernelError } from './raw/op-errors.js';
export { rawOp } from './raw/raw-op.js';
