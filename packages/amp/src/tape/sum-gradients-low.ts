import type { Interceptor, OpCall } from '@fin/runtime';
import { currentScope } from '../autocast/current-scope.js';
import { withFloatDType } from '../autocast/float-attrs.js';
import { isDifferentiating } from '../engine/engine.js';
import type { LowDType } from '../policy/low-dtype.js';
import { isLow } from '../policy/low-dtype.js';

/**
 * Lets the sum of two low gradients of one tensor stay low, as in torch. tfjs adds them up itself on its way back along the tape,
 * outside of every scope, where sums of low tensors are float32.
 */
export const sumGradientsLow: Interceptor = (call, next) => {
  const dtype = lowSum(call);
  if (dtype === null || currentScope() || !isDifferentiating()) return next(call);
  return next({ ...call, attrs: withFloatDType(call.attrs, dtype) });
};

function lowSum({ op, inputs: [a, b] }: OpCall): LowDType | null {
  if (op !== 'Add' && op !== 'AddV2') return null;
  return isLow(a.dtype) && a.dtype === b.dtype ? a.dtype : null;
}
