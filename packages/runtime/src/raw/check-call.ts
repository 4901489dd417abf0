import type { NativeBinding } from '../backend/native-binding.js';
import type { AttrValue } from '../dispatch/attributes.js';
import { AttrType } from '../dispatch/attributes.js';
import { RawOpError } from '../errors.js';
import type { OpSignature } from './op-signature.js';
import { opSignature } from './op-signature.js';

const signatures = new Map<string, OpSignature | null>();
/** Calls that passed the check, by op, number of inputs and attribute names. */
const inOrder = new Set<string>();

/**
 * Refuses what TensorFlow itself would not refuse: it ignores attributes that an op does not have, and more inputs than an op has
 * end the process with a segmentation fault. Looks at each form of a call once; only at calls that name a dtype, which is how
 * the signature is found out.
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
