import type { Interceptor } from '@fin/runtime';
import { recordingTape } from '../engine/engine.js';
import { adoptNodes } from '../tape/adopt-nodes.js';
import { currentScope } from './current-scope.js';
import { planCall } from './plan-call.js';
import { runCall } from './run-call.js';

/** Autocast's place in the dispatch chain: looks up the scope of the code that made the call, and does what its policy says. */
export const autocastInterceptor: Interceptor = (call, next) => {
  const scope = currentScope();
  if (!scope) return next(call);
  const tape = recordingTape();
  if (tape) adoptNodes(tape, scope);
  if (!scope.policy.enabled || scope.mode === 'emulated') return next(call);
  const plan = planCall(call, scope.policy, scope.mode);
  return plan ? runCall(call, plan, scope.step, next) : next(call);
};
