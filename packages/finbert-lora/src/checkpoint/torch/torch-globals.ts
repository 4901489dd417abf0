import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/values.js';
import { PickleDict, PickleGlobal, PickleTuple } from '../pickle/values.js';
import { rebuildTensor } from './rebuild-tensor.js';
import { TORCH_TYPES, TorchDtype } from './torch-dtypes.js';
import { TorchTensor } from './torch-tensor.js';

function refuse(path: string): never {
  throw new FormatFault(`its pickle calls ${path} with arguments that no saved state dict has`);
}

/** `collections.OrderedDict()`; items come by SETITEMS, and copying a list of them could be repeated at will. */
function orderedDict(args: readonly PickleValue[]): PickleValue {
  return args.length === 0 ? new PickleDict(true) : refuse('collections.OrderedDict');
}

/** `torch.Size(sizes)`, kept as the tuple of sizes. */
function size([sizes, ...rest]: readonly PickleValue[]): PickleValue {
  return sizes instanceof PickleTuple && rest.length === 0 ? sizes : refuse('torch.Size');
}

/** (storage, offset, sizes, strides) */
function rebuildTensorV1(args: readonly PickleValue[]): PickleValue {
  return args.length === 4 ? rebuildTensor(args) : refuse('torch._utils._rebuild_tensor');
}

/** (storage, offset, sizes, strides, requires_grad, backward_hooks[, metadata]) */
function rebuildTensorV2(args: readonly PickleValue[]): PickleValue {
  const known = (args.length === 6 || args.length === 7) && args[5] instanceof PickleDict;
  return known ? rebuildTensor(args) : refuse('torch._utils._rebuild_tensor_v2');
}

/** (untyped storage, offset, sizes, strides, requires_grad, backward_hooks, dtype[, metadata]) */
function rebuildTensorV3(args: readonly PickleValue[]): PickleValue {
  const dtype = args[6];
  const known = (args.length === 7 || args.length === 8) && dtype instanceof TorchDtype;
  return known ? rebuildTensor(args, dtype) : refuse('torch._utils._rebuild_tensor_v3');
}

/** (tensor, requires_grad, backward_hooks) */
function rebuildParameter(args: readonly PickleValue[]): PickleValue {
  const known = args.length === 3 && args[0] instanceof TorchTensor;
  return known ? args[0] : refuse('torch._utils._rebuild_parameter');
}

const FUNCTIONS = [
  new PickleGlobal('collections.OrderedDict', orderedDict),
  new PickleGlobal('torch.Size', size),
  new PickleGlobal('torch._utils._rebuild_tensor', rebuildTensorV1),
  new PickleGlobal('torch._utils._rebuild_tensor_v2', rebuildTensorV2),
  new PickleGlobal('torch._utils._rebuild_tensor_v3', rebuildTensorV3),
  new PickleGlobal('torch._utils._rebuild_parameter', rebuildParameter),
];

/** Every name of Python that a checkpoint may use. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map(
  [...FUNCTIONS, ...TORCH_TYPES].map((global) => [global.path, global]),
);
