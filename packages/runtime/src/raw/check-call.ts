import type { NativeBinding } from '../backend/native-binding.js';
import type { AttrValue } from '../dispatch/attributes.js';
import { AttrType } from '../dispatch/attributes.js';
import { RawOpError } from '../errors.js';

const signatures = new Map<string, OpSignature | null>();
/** Calls that passed the check, by op, number of inputs and attribute names. */
const inOrder = new Set<string>();

/**
 * Refuses calls with unknown attributes or too many inputs. TensorFlow ignores the former, and the latter end the process with a
 * segmentation fault. Each form of a call is checked once, and only if it names a dtype, which the look-up of the signature
 * needs.
 *
 * @throws RawOpError
 */
export function checkCall(
  binding: NativeBinding,
  op: string,
  nInputs: number,
  attrs: Readonly<Record<string, AttrValue>>,
): void {
  const names = Object.keys(attrs);
  const form = `${op} ${nInputs} ${names}`;
  if (inOrder.has(form)) return;
  const typeAttrs = names.filter((name) => attrs[name]!.type === AttrType.type);
  if (typeAttrs.length === 0) return;
  const known = signatures.get(op);
  const signature = known === undefined ? opSignature(binding, op, typeAttrs) : known;
  if (signature === undefined) return;
  signatures.set(op, signature);
  if (signature) {
    if (signature.inputs !== null && nInputs > signature.inputs) {
      throw new RawOpError(
        op,
        `it takes ${signature.inputs} inputs and was given ${nInputs} (${signature.text}).`,
      );
    }
    const unknown = signature.attrs && names.find((name) => !signature.attrs!.has(name));
    if (unknown) {
      const has = [...signature.attrs!].join(', ');
      throw new RawOpError(op, `it has no attribute "${unknown}"; it has ${has}.`);
    }
  }
  inOrder.add(form);
}

/** Signature of an op in TensorFlow's registry. */
export interface OpSignature {
  /** Number of inputs; null for an op with a list of inputs. */
  readonly inputs: number | null;
  /** Names of all attributes; null if the binding truncated TensorFlow's message. */
  readonly attrs: ReadonlySet<string> | null;
  /** `x:T, y:T -> z:T` */
  readonly text: string;
}

/** Start of the binding's message for an error with the status `TF_INVALID_ARGUMENT`. */
const INVALID_ARGUMENT = 'Invalid TF_Status: 3';
/** A dtype that hardly any kernel supports. */
const TF_QUINT16 = 16;

/**
 * Reads the signature of an op. The binding has no call for that, but TensorFlow quotes the definition when it refuses a call. So
 * the op is called without inputs and with a dtype for which no kernel can be cached: TensorFlow runs cached kernels unchecked.
 *
 * @param typeAttrs names of attributes of the op that hold a dtype; at least one
 * @returns null if the refusal does not quote the definition; undefined if the op may be known later, such as one that an addon
 *   has yet to register
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
