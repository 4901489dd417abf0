import type { NativeBinding } from '../backend/native-binding.js';
import { AttrType } from '../dispatch/attributes.js';

/** What TensorFlow's registry says of an op. */
export interface OpSignature {
  /** Number of inputs; null for an op that takes a list. */
  readonly inputs: number | null;
  /** Names of all attributes; null where the binding cut TensorFlow's message off before the last. */
  readonly attrs: ReadonlySet<string> | null;
  /** `x:T, y:T -> z:T` */
  readonly text: string;
}

/** How the binding begins the message of an error with the status `TF_INVALID_ARGUMENT`. */
const INVALID_ARGUMENT = 'Invalid TF_Status: 3';
/** A dtype that hardly any kernel takes and that nobody here computes in. */
const TF_QUINT16 = 16;

/**
 * Reads an op's signature. The binding has no call for that, but TensorFlow quotes the definition when it refuses a call: here one
 * without inputs and with a dtype for which no kernel can have been prepared before, since TensorFlow runs a prepared one
 * unchecked. Null if TensorFlow's refusal does not quote the definition; undefined if it refused for a reason
 * that may pass, such as an op that an addon has yet to register.
 *
 * @param typeAttrs names of attributes of the op that hold a dtype; at least one
 */
export function opSignature(
  binding: NativeBinding,
  op: string,
  typeAttrs: readonly string[],
): OpSignature | null | undefined {
  const refusal = refusalOf(binding, op, typeAttrs);
  const quoted = /Op<name=\w+; signature=(.*?) -> (.*?)([;>].*)/s.exec(refusal);
  if (!quoted) return refusal === '' || refusal.includes(INVALID_ARGUMENT) ? null : undefined;
  const [, inputs, outputs, rest] = quoted;
  const attrs = new Map([...rest!.matchAll(/attr=(\w+):([\w()]+)/g)].map(([, name, type]) => [name!, type!]));
  const types = inputs === '' ? [] : inputs!.split(', ').map((input) => input.slice(input.indexOf(':') + 1));
  const isList = (type: string) => type === '' || type.includes('*') || attrs.get(type) === 'list(type)';
  return {
    inputs: types.some(isList) ? null : types.length,
    attrs: rest!.includes('>') ? new Set(attrs.keys()) : null,
    text: `${inputs} -> ${outputs}`,
  };
}

function refusalOf(binding: NativeBinding, op: string, typeAttrs: readonly string[]): string {
  const attrs = typeAttrs.map((name) => ({ name, type: AttrType.type, value: TF_QUINT16 }));
  try {
    for (const { id } of binding.executeOp(op, attrs, [], 1)) binding.deleteTensor(id);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
