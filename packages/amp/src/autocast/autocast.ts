import type { PolicyOptions } from '../policy/policy.js';
import { Policy } from '../policy/policy.js';
import { currentScope } from './current-scope.js';
import { AutocastScope } from './scope.js';

/**
 * Runs `fn` in mixed precision and returns what it returns: `torch.autocast` for tfjs.
 *
 * Ops of the policy's `lower` list (products, convolutions) compute in the low dtype, those of the `float32` list (sums,
 * exponentials, losses) in float32, all others in the widest dtype of their inputs. On machines without units for the low dtype
 * everything computes in float32 and only what is held for the backward pass is low: see `AmpMode`. tfjs goes on taking every
 * tensor for float32, and what `fn` returns can be read, moved and disposed as any other tensor.
 *
 * Wrap the forward pass and the loss; gradients run in the dtypes of their forward ops wherever they are computed:
 *
 * ```
 * tf.variableGrads(() => autocast(policy, () => loss(model(x), y)))
 * ```
 *
 * Scopes nest: the innermost policy holds, and `{ enabled: false }` makes an island of float32. An `async` `fn` keeps its scope
 * across `await` until its promise settles; scopes that run at the same time do not see each other.
 *
 * @param options a policy, or the settings of one
 * @throws AmpInputError when a setting is none of the choices; else whatever `fn` throws
 *
 * @example
 * const { value, grads } = tf.variableGrads(() => autocast({ dtype: 'bfloat16' }, () => tf.mean(tf.square(tf.matMul(x, w)))));
 */
export function autocast<T>(options: Policy | PolicyOptions, fn: () => T): T {
  const policy = options instanceof Policy ? options : new Policy(options);
  if (!policy.enabled && !currentScope()) return fn();
  const scope = AutocastScope.open(policy);
  let result: T;
  try {
    result = scope.run(fn);
  } catch (error) {
    scope.close();
    throw error;
  }
  if (!isThenable(result)) {
    scope.close();
    return result;
  }
  return Promise.resolve(result).finally(() => scope.close()) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
