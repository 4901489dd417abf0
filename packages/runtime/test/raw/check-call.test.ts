import { expect, it } from 'vitest';
import type { NativeBinding } from '../../src/index.js';
import { attr, RawOpError } from '../../src/index.js';
import { checkCall } from '../../src/raw/check-call.js';

const DEFINITION =
  "Invalid TF_Status: 3\nMessage: Value for attr 'T' of quint16 is not in the list of allowed values: float\n" +
  '\t; NodeDef: {{node Late}}; Op<name=Late; signature=x:T -> y:T; attr=T:type,allowed=[DT_FLOAT]>';

/** A binding that refuses each call with the next of these messages. */
function refusing(messages: string[]): NativeBinding {
  const executeOp = () => {
    throw new Error(messages.shift());
  };
  return { executeOp } as unknown as NativeBinding;
}

it.each([
  ['out of memory', 'Invalid TF_Status: 8\nMessage: OOM when allocating tensor'],
  ['not registered yet', "Invalid TF_Status: 5\nMessage: 'Late' is neither a type of a primitive operation"],
])('looks an op up again if the first time failed: %s', (reason, message) => {
  const op = `Late ${reason}`;
  const binding = refusing([message, DEFINITION]);
  const call = () => checkCall(binding, op, 2, { T: attr.type('float32') });
  expect(call).not.toThrow();
  expect(call).toThrow(RawOpError);
});
