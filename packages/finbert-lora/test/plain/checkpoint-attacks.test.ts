import { describe, expect, it } from 'vitest';
import { archive, readAll, refusal } from './checkpoint-support/archive.js';
import type { PicklePiece } from './checkpoint-support/pickle-writer.js';
import {
  call,
  dict,
  get,
  global,
  int,
  long,
  orderedDict,
  pickle,
  put,
  storage,
  tensor,
  text,
  tuple,
} from './checkpoint-support/pickle-writer.js';
import type { EntryToWrite } from './checkpoint-support/zip-writer.js';
import { writeZip } from './checkpoint-support/zip-writer.js';

const four = storage('0', int(4));
const good = pickle(dict(text('w'), tensor(four, int(0), [int(4)], [int(1)])));
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Pickles that in Python run a program, and those that only pretend to be tensors. Nothing here is ever looked up or run. */
const RUNS_CODE: [label: string, pickle: PicklePiece[], reason?: RegExp][] = [
  ['os.system', [call(global('os', 'system'), text('touch /tmp/owned'))], /"os.system"/],
  ['posix.system', [call(global('posix', 'system'), text('id'))]],
  ['nt.system', [call(global('nt', 'system'), text('calc'))]],
  ['builtins.eval', [call(global('builtins', 'eval'), text('1+1'))], /"builtins.eval"/],
  ['builtins.exec', [call(global('builtins', 'exec'), text('import os'))]],
  ['__builtin__.eval', [call(global('__builtin__', 'eval'), text('1'))]],
  ['builtins.getattr', [call(global('builtins', 'getattr'), global('os', 'path'), text('join'))]],
  ['subprocess.Popen', [call(global('subprocess', 'Popen'), tuple(text('id')))]],
  ['runpy._run_code', [call(global('runpy', '_run_code'), text('x'))]],
  ['webbrowser.open', [call(global('webbrowser', 'open'), text('http://localhost'))]],
  ['numpy.load', [call(global('numpy', 'load'), text('x'))]],
  ['torch.load', [call(global('torch', 'load'), text('x'))]],
  ['torch.hub.load', [call(global('torch.hub', 'load'), text('x'))]],
  [
    'torch._utils._rebuild_device_tensor_from_numpy',
    [global('torch._utils', '_rebuild_device_tensor_from_numpy')],
  ],
  ['bytearray', [call(global('builtins', 'bytearray'), int(2 ** 30))]],
  ['_codecs.encode', [call(global('_codecs', 'encode'), text('x'), text('zip'))]],
  [
    'inside a tensor’s arguments',
    [dict(text('w'), tensor(call(global('os', 'system'), text('id')), int(0), [], []))],
  ],
  [
    'as hooks of a tensor',
    [
      call(
        global('torch._utils', '_rebuild_tensor_v2'),
        four,
        int(0),
        tuple(),
        tuple(),
        '\x89',
        call(global('os', 'system'), text('id')),
      ),
    ],
  ],
  ['as a key', [dict(call(global('os', 'system'), text('id')), int(1))]],
  ['as state of an OrderedDict', [orderedDict, call(global('os', 'system'), text('id')), 'b']],
  ['behind a good dict', [dict(), call(global('os', 'system'), text('id'))]],
  ['looked up and never called', [global('os', 'system'), '0', dict()]],
  ['a dotted name', [call(global('torch', 'FloatStorage.__init__.__globals__'), text('x'))]],
  ['a name through a known module', [call(global('collections', 'OrderedDict.__class__'), text('x'))]],
  ['__proto__', [global('', '__proto__')]],
  ['constructor', [global('constructor', 'constructor')]],
  ['a name with an escape sequence', [global('\u001b[2Jos', 'system')], /\\u001b\[2Jos/],
  ['a name without end', [`c${'x'.repeat(100_000)}`], /without end/],
  ['INST', ['(', text('id'), 'ios\nsystem\n'], /opcode 0x69/],
  ['OBJ', ['(', global('collections', 'OrderedDict'), 'o'], /opcode 0x6f/],
  ['NEWOBJ', [global('collections', 'OrderedDict'), ')', '\x81'], /opcode 0x81/],
  ['NEWOBJ_EX', [global('collections', 'OrderedDict'), ')}', '\x92']],
  ['STACK_GLOBAL', [text('os'), text('system'), '\x93'], /opcode 0x93/],
  ['EXT1', ['\x82\x01']],
  ['EXT2', ['\x83\x01\x00']],
  ['EXT4', ['\x84\x01\x00\x00\x00']],
  ['PERSID', ['Pstorage\n'], /opcode 0x50/],
  ['BUILD of a dict', [dict(), dict(text('__class__'), int(1)), 'b'], /sets attributes of a dict/],
  ['BUILD of a tensor', [tensor(four, int(0), [int(4)], [int(1)]), dict(), 'b']],
  ['BUILD with a tuple', [orderedDict, tuple(dict(), dict()), 'b']],
  ['REDUCE of text', [call(text('os.system'), text('id'))]],
  ['REDUCE of a dtype', [call(global('torch', 'float32'))]],
  ['REDUCE of a storage class', [call(global('torch', 'FloatStorage'), int(2 ** 31 - 1))]],
  ['REDUCE without a tuple', [global('collections', 'OrderedDict'), int(1), 'R']],
];

const BROKEN: [label: string, pickle: PicklePiece[], reason?: RegExp][] = [
  ['an empty stack', [], /empty stack/],
  ['REDUCE on an empty stack', ['R'], /empty stack/],
  ['TUPLE3 on two values', ['NN\x87'], /empty stack/],
  ['SETITEM on nothing', ['NNs']],
  ['APPEND to a number', [int(1), int(2), 'a']],
  ['APPENDS to a dict', ['}(NNe']],
  ['SETITEMS on a list', ['](NNu']],
  ['SETITEMS of odd length', ['}(Nu'], /without a value/],
  ['a list as a key', ['}]Ns'], /as the key/],
  ['a tuple as a key', ['})Ns'], /as the key/],
  ['TUPLE without a mark', ['Nt'], /never set/],
  ['values below a mark', ['N(R'], /empty stack/],
  ['a mark left over', ['(}'], /left over/],
  ['values left over', ['}}'], /left over/],
  ['a memo never set', ['h\x05'], /memo 5/],
  ['a long memo never set', ['j\xff\xff\xff\xff'], /memo 4294967295/],
  ['a memo of nothing', ['q\x00'], /empty stack/],
  ['text of 4 GB', [Buffer.from('X\xff\xff\xff\xff', 'latin1')], /claims more than it holds/],
  ['short text cut off', ['U\xffx']],
  ['text that is not UTF-8', ['X\x02\x00\x00\x00\xff\xfe']],
  ['a number cut off', ['J\x01']],
  ['a whole number of 255 bytes', ['\x8a\xff', Buffer.alloc(255, 1)], /255 bytes/],
  ['LONG4 of 2 GB', ['\x8b\xff\xff\xff\x7f'], /opcode 0x8b/],
  ['a decimal long', ['L99999999999999999999L\n'], /opcode 0x4c/],
  ['FRAME', ['\x95\xff\xff\xff\xff\xff\xff\xff\xff']],
  ['BINUNICODE8', ['\x8d\xff\xff\xff\xff\xff\xff\xff\xff']],
  ['PROTO again', ['\x80\x02}']],
  ['something behind the end', ['}.}'], /goes on after its end/],
  ['a list', [']'], /a list, not a dict/],
  ['None', ['N'], /None, not a dict/],
  ['a tensor alone', [tensor(four, int(0), [int(4)], [int(1)])]],
  ['a dict with a number as name', [dict(int(1), tensor(four, int(0), [int(4)], [int(1)]))]],
  ['a dict that holds itself', ['}', put(0), text('self'), get(0), 's'], /a dict under "self"/],
  ['a list that holds itself', ['}', text('l'), ']', put(0), get(0), 'as'], /a list under "l"/],
  ['a wrapper around itself', ['}', put(0), text('state_dict'), get(0), 's'], /a dict under "state_dict"/],
  ['a set', [dict(text('s'), '\x8f')], /a set under "s"/],
  ['a global as value', [dict(text('g'), global('torch', 'float32'))], /a global under "g"/],
  ['100,000 marks', ['('.repeat(100_000)]],
  ['a million dicts', ['}'.repeat(1_000_000)], /more than 300000 containers/],
  ['a tuple in a tuple, 200,000 deep', [')', '\x85'.repeat(200_000), put(0), '0']],
  ['a list in a list, 200,000 deep', [']'.repeat(200_000), 'a'.repeat(199_999)]],
  [
    'doubling through the memo, 2^200 leaves',
    [
      ')',
      put(0),
      ...Array.from({ length: 200 }, () =>
        Buffer.concat([get(0), get(0), Buffer.from('\x86', 'latin1'), put(0)]),
      ),
    ],
  ],
  [
    'a list doubled through the memo',
    [
      ']',
      put(0),
      ...Array.from({ length: 1000 }, () =>
        Buffer.concat([Buffer.from('('), get(0), get(0), get(0), Buffer.from('e')]),
      ),
    ],
  ],
  [
    'an OrderedDict of a long list, many times',
    [
      ']',
      put(0),
      '(',
      ...Array.from({ length: 1000 }, () => tuple(text('k'), int(1))),
      'e',
      ...Array.from({ length: 1000 }, () =>
        Buffer.concat([global('collections', 'OrderedDict'), get(0), Buffer.from('\x85R', 'latin1')]),
      ),
    ],
    /calls collections.OrderedDict with arguments/,
  ],
  ['9 MB', ['N'.repeat(9 * 2 ** 20)], /longer than any/],
];

const TENSORS: [label: string, tensor: PicklePiece, reason?: RegExp][] = [
  ['past its storage', tensor(four, int(0), [int(5)], [int(1)]), /element 5 of a storage of 4/],
  ['past by its offset', tensor(four, int(1), [int(4)], [int(1)]), /element 5/],
  ['past by a stride', tensor(four, int(0), [int(2)], [int(4)]), /element 5/],
  ['an empty one past its storage', tensor(four, int(5), [int(0)], [int(1)]), /element 5/],
  ['expanded', tensor(four, int(0), [long(2n ** 40n)], [int(0)]), /expanded/],
  ['of 2^53 squared elements', tensor(four, int(0), [long(2n ** 52n), long(2n ** 52n)], [int(0), int(0)])],
  [
    'of infinite and no elements',
    tensor(
      four,
      int(0),
      [...Array<Buffer>(40).fill(long(2n ** 52n)), int(0)],
      Array<Buffer>(41).fill(int(0)),
    ),
  ],
  ['a negative offset', tensor(four, int(-1), [int(1)], [int(1)]), /offset -1/],
  ['a negative size', tensor(four, int(0), [int(-4)], [int(1)]), /sizes -4/],
  ['a negative stride', tensor(four, int(3), [int(4)], [int(-1)]), /strides -1/],
  ['a size of 2^63 - 1', tensor(four, int(0), [long(2n ** 63n - 1n)], [int(0)])],
  ['a size that is a fraction', tensor(four, int(0), ['G\x3f\xe0\0\0\0\0\0\0'], [int(1)])],
  ['a size that is not a number', tensor(four, int(0), ['G\x7f\xf8\0\0\0\0\0\0'], [int(1)])],
  ['a size that is True', tensor(four, int(0), ['\x88'], [int(1)])],
  ['more sizes than strides', tensor(four, int(0), [int(2), int(2)], [int(1)])],
  ['100 dimensions', tensor(four, int(0), Array<Buffer>(100).fill(int(1)), Array<Buffer>(100).fill(int(1)))],
  ['no storage', tensor('N', int(0), [int(4)], [int(1)]), /makes a tensor of None/],
  ['a tensor as storage', tensor(tensor(four, int(0), [int(4)], [int(1)]), int(0), [int(4)], [int(1)])],
  ['too few arguments', call(global('torch._utils', '_rebuild_tensor_v2'), four)],
  ['no arguments', call(global('torch._utils', '_rebuild_parameter'))],
  [
    'a parameter of no tensor',
    call(global('torch._utils', '_rebuild_parameter'), int(1), '\x88', orderedDict),
  ],
  [
    'version 3 without a dtype',
    call(
      global('torch._utils', '_rebuild_tensor_v3'),
      four,
      int(0),
      tuple(int(4)),
      tuple(int(1)),
      '\x89',
      orderedDict,
      text('F32'),
    ),
  ],
  [
    'a storage that is absent',
    tensor(storage('7', int(4)), int(0), [int(4)], [int(1)]),
    /lacks the storage "7"/,
  ],
  [
    'a storage outside',
    tensor(storage('../../etc/passwd', int(4)), int(0), [int(4)], [int(1)]),
    /lacks the storage/,
  ],
  [
    'a storage of a false length',
    tensor(storage('0', int(400)), int(0), [int(400)], [int(1)]),
    /16 bytes instead of 1600/,
  ],
  [
    'a storage of a false type',
    tensor(storage('0', int(4), 'DoubleStorage'), int(0), [int(4)], [int(1)]),
    /16 bytes instead of 32/,
  ],
  ['a storage of negative length', tensor(storage('0', int(-4)), int(0), [int(0)], [int(1)]), /no storage/],
  [
    'one storage in two ways',
    Buffer.concat([
      four,
      Buffer.from('0'),
      tensor(storage('0', int(2), 'DoubleStorage'), int(0), [int(2)], [int(1)]),
    ]),
  ],
  ['a persistent id that is text', Buffer.concat([text('storage'), Buffer.from('Q')]), /no storage/],
  [
    'a persistent id of something else',
    Buffer.concat([tuple(text('module'), text('x')), Buffer.from('Q')]),
    /no storage/,
  ],
  [
    'a storage class that is text',
    Buffer.concat([
      tuple(text('storage'), text('FloatStorage'), text('0'), text('cpu'), int(4)),
      Buffer.from('Q'),
    ]),
  ],
  [
    'a storage class that is a function',
    Buffer.concat([
      tuple(text('storage'), global('collections', 'OrderedDict'), text('0'), text('cpu'), int(4)),
      Buffer.from('Q'),
    ]),
  ],
];

describe('hostile pickles end in a CheckpointError', () => {
  for (const [label, pieces, reason = /./] of [...RUNS_CODE, ...BROKEN]) {
    it(label, async () => {
      expect(await refusal(archive(pickle(...pieces)))).toMatch(reason);
    });
  }

  for (const [label, piece, reason = /./] of TENSORS) {
    it(`a tensor: ${label}`, async () => {
      expect(await refusal(archive(pickle(dict(text('w'), piece))))).toMatch(reason);
    });
  }

  for (const [label, bytes] of [
    ['no byte at all', Buffer.alloc(0)],
    ['one byte', Buffer.from([0x80])],
    ['no end', Buffer.from([0x80, 2, 0x7d])],
    ['protocol 0', Buffer.from('cos\nsystem\n(Vid\ntR.')],
    ['protocol 5', Buffer.from([0x80, 5, 0x7d, 0x2e])],
  ] as const) {
    it(`a pickle of ${label}`, async () => {
      expect(await refusal(archive(bytes))).toMatch(/its pickle/);
    });
  }

  it('cut off at every byte', async () => {
    for (let length = 0; length < good.length; length++) {
      await refusal(archive(good.subarray(0, length)));
    }
  });
});

describe('hostile archives end in a CheckpointError', () => {
  const data: EntryToWrite = { name: 'm/data.pkl', data: good };
  const numbers: EntryToWrite = { name: 'm/data/0', data: new Uint8Array(16) };
  const whole = writeZip([data, numbers]);

  it('while the well-formed ones of the same makers are read', async () => {
    const values = { w: { shape: [4], values: [0, 0, 0, 0] } };
    expect(await readAll(whole)).toEqual(values);
    expect(await readAll(writeZip([data, { ...numbers, padding: 50 }], { zip64: true }))).toEqual(values);
    expect(
      await readAll(
        writeZip(
          [
            { ...data, zip64: true },
            { ...numbers, zip64: true },
          ],
          { zip64: true },
        ),
      ),
    ).toEqual(values);
    expect(
      await readAll(
        writeZip([
          { ...data, flags: 0x808 },
          { ...numbers, flags: 8 },
        ]),
      ),
    ).toEqual(values);
  });

  const archives: [label: string, bytes: Buffer, reason?: RegExp][] = [
    ['no entries', writeZip([])],
    ['no pickle', writeZip([numbers]), /no data.pkl/],
    ['a pickle at the top', writeZip([{ ...data, name: 'data.pkl' }]), /no data.pkl/],
    ['a pickle two folders down', writeZip([{ ...data, name: 'a/m/data.pkl' }]), /one folder/],
    ['two pickles', writeZip([data, numbers, { ...data, name: 'n/data.pkl' }]), /one folder/],
    ['an entry beside the folder', writeZip([data, numbers, { name: 'other', data: good }]), /one folder/],
    [
      'a TorchScript program',
      writeZip([data, numbers, { name: 'm/constants.pkl', data: good }]),
      /TorchScript/,
    ],
    [
      'big-endian numbers',
      writeZip([data, numbers, { name: 'm/byteorder', data: Buffer.from('big') }]),
      /little-endian/,
    ],
    [
      'a name that climbs',
      writeZip([data, numbers, { name: 'm/../../etc/passwd', data: good }]),
      /improper name/,
    ],
    ['an absolute name', writeZip([data, numbers, { name: '/etc/passwd', data: good }]), /improper name/],
    ['a drive', writeZip([data, numbers, { name: 'C:x', data: good }]), /improper name/],
    ['a backslash', writeZip([data, numbers, { name: 'm\\..\\x', data: good }]), /improper name/],
    ['a NUL', writeZip([data, numbers, { name: 'm/data\0', data: good }]), /improper name/],
    ['an empty name', writeZip([data, numbers, { name: '', data: good }]), /improper name/],
    [
      'a name that is not UTF-8',
      writeZip([data, numbers, { name: '', rawName: Uint8Array.of(0x6d, 0x2f, 0xff), data: good }]),
      /improper name/,
    ],
    ['a name twice', writeZip([data, numbers, numbers]), /twice/],
    [
      'another name in the entry itself',
      writeZip([data, { ...numbers, localName: 'm/data/1' }]),
      /not what the directory says/,
    ],
    ['an encrypted entry', writeZip([data, { ...numbers, flags: 1 }]), /is encrypted/],
    ['strong encryption', writeZip([data, { ...numbers, flags: 0x40 }]), /unknown flags/],
    ['a deflated entry', writeZip([data, { ...numbers, method: 8 }]), /compressed/],
    [
      'an entry that unfolds',
      writeZip([data, { ...numbers, method: 8, size: 2 ** 31, compressedSize: 16 }]),
      /compressed/,
    ],
    [
      'a stored entry that unfolds',
      writeZip([data, { ...numbers, size: 2 ** 31, compressedSize: 16 }]),
      /compressed/,
    ],
    ['a size past the end', writeZip([data, { ...numbers, size: 1600 }]), /false size/],
    ['a size too small', writeZip([data, { ...numbers, size: 8 }]), /false size/],
    [
      'a size past 2^53',
      writeZip([data, { ...numbers, zip64: true, size: 2 ** 63 }]),
      /impossible place or size/,
    ],
    [
      'another size in the entry itself',
      writeZip([data, { ...numbers, localSize: 8 }]),
      /not what the directory says/,
    ],
    [
      'two entries on the same bytes',
      writeZip([data, numbers, { ...numbers, name: 'm/data/1', offset: 40 }]),
      /./,
    ],
    [
      'an entry inside another',
      writeZip([
        data,
        { name: 'm/data/0', data: writeZip([numbers]) },
        { ...numbers, name: 'm/data/1', offset: data.data.length + 100 },
      ]),
      /./,
    ],
    ['an entry in the directory', writeZip([data, { ...numbers, offset: whole.length - 60 }])],
    ['an entry past the end', writeZip([data, { ...numbers, offset: 2 ** 31 }])],
    [
      'bytes before',
      writeZip([data, numbers], { before: Buffer.from('#!/bin/sh\n') }),
      /no file of torch.save/,
    ],
    [
      'bytes before that look like a start',
      writeZip([data, numbers], { before: Buffer.from('PK\x03\x04xxxx') }),
      /overlaps another, leaves a gap/,
    ],
    ['a comment', writeZip([data, numbers], { comment: 'x' }), /something was appended/],
    ['bytes behind', Buffer.concat([whole, Buffer.from('x')]), /something was appended/],
    ['more entries than listed', writeZip([data, numbers], { entries: 3 })],
    ['fewer entries than listed', writeZip([data, numbers], { entries: 1 }), /claims 1 entries and lists 2/],
    ['60,000 entries claimed', writeZip([data, numbers], { entries: 60_000 }), /more than any checkpoint/],
    [
      '2^50 entries claimed',
      writeZip([data, numbers], { entries: 2 ** 50, zip64: true }),
      /more than any checkpoint/,
    ],
    ['a pickle of 9 MB', writeZip([{ ...data, data: new Uint8Array(9 * 2 ** 20) }]), /longer than any/],
    [
      '30,000 entries',
      writeZip(Array.from({ length: 30_000 }, (_, i) => ({ name: `m/${i}`, data: Buffer.alloc(0) }))),
      /more than any checkpoint/,
    ],
  ];
  for (const [label, bytes, reason = /./] of archives) {
    it(label, async () => {
      expect(await refusal(bytes)).toMatch(reason);
    });
  }

  it('cut off at every byte', async () => {
    for (let length = 0; length < whole.length; length++) await refusal(whole.subarray(0, length));
  });

  it('with every field of the end record in turn set to its largest value', async () => {
    for (let at = whole.length - 20; at <= whole.length - 4; at += 2) {
      const bytes = Buffer.from(whole);
      u32(0xffffffff).copy(bytes, at);
      await refusal(bytes);
    }
  });
});
