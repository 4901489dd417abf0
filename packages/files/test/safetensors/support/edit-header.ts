import type { Random } from '@fin/testkit/fuzz';
import { SAFETENSORS_DTYPES } from '../../../src/safetensors/index.js';

function frame(header: string, data: Uint8Array): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** A header that is well framed and says something wrong, so that the deeper checks are reached. */
export function editHeader(bytes: Buffer, random: Random): Buffer {
  const end = 8 + Number(bytes.readBigUInt64LE());
  const data = bytes.subarray(end);
  let header = bytes.subarray(8, end).toString();
  for (let edits = 1 + random.below(3); edits > 0; edits--) {
    const numbers = [...header.matchAll(/\d+/g)];
    const names = [...header.matchAll(/"[^"\\]*"/g)];
    const edit = random.below(6);
    if (edit < 3 && numbers.length > 0) {
      const { index, 0: number } = random.pick(numbers);
      const value = random.pick([
        '0',
        '1',
        '-1',
        '1.0',
        '4294967297',
        '18446744073709551615',
        `${Number(number) + 1}`,
      ]);
      header = header.slice(0, index) + value + header.slice(index + number.length);
    } else if (edit === 3 && names.length > 0) {
      const { index, 0: name } = random.pick(names);
      const value = random.pick([
        random.pick(names)[0],
        `"${random.pick(SAFETENSORS_DTYPES)}"`,
        'null',
        '[]',
        '""',
      ]);
      header = header.slice(0, index) + value + header.slice(index + name.length);
    } else if (edit === 4) {
      header = header.replace('{', '{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},');
    } else {
      const entries = header.split('},');
      const moved = entries.splice(random.below(entries.length), 1);
      entries.splice(random.below(entries.length + 1), 0, ...moved);
      header = entries.join('},');
    }
  }
  return frame(header, data.subarray(0, data.length - random.below(3) * random.below(4)));
}
