/** Pieces of a pickle: bytes, or text that is its Latin-1 bytes. */
export type PicklePiece = string | Uint8Array;

const join = (...pieces: PicklePiece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

/** A pickle of protocol 2 with its start and its end. */
export const pickle = (...pieces: PicklePiece[]): Buffer => join('\x80\x02', ...pieces, '.');

export const global = (module: string, name: string): Buffer => join(`c${module}\n${name}\n`);

export const text = (value: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return join('X', length, Buffer.from(value));
};

export const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return join('J', bytes);
};

export const long = (value: bigint, length = 8): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return join('\x8a', Uint8Array.of(length), bytes);
};

export const put = (slot: number): Buffer => join('q', Uint8Array.of(slot));
export const get = (slot: number): Buffer => join('h', Uint8Array.of(slot));

export const tuple = (...items: PicklePiece[]): Buffer => join('(', ...items, 't');

/** A dict of the given items: name, value, name, value … */
export const dict = (...items: PicklePiece[]): Buffer => join('}(', ...items, 'u');

export const call = (callee: PicklePiece, ...args: PicklePiece[]): Buffer =>
  join(callee, tuple(...args), 'R');

export const orderedDict: Buffer = call(global('collections', 'OrderedDict'));

export const storage = (key: string, elements: PicklePiece, type = 'FloatStorage'): Buffer =>
  join(tuple(text('storage'), global('torch', type), text(key), text('cpu'), elements), 'Q');

/** A tensor by `_rebuild_tensor_v2`. */
export const tensor = (
  from: PicklePiece,
  offset: PicklePiece,
  sizes: readonly PicklePiece[],
  strides: readonly PicklePiece[],
): Buffer =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    ...[from, offset, tuple(...sizes), tuple(...strides), '\x89', orderedDict],
  );

/** The persistent id of a storage before torch 1.6. */
export const legacyStorage = (key: string, elements: PicklePiece, view: PicklePiece = 'N'): Buffer =>
  join(tuple(text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), elements, view), 'Q');

const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** The pickles of a file as torch wrote it before version 1.6. What follows them: {@link legacyNumbers}. */
export const legacyPickles = (
  state: PicklePiece,
  keys: readonly string[],
  { version = int(1001), littleEndian = '\x88' }: { version?: PicklePiece; littleEndian?: PicklePiece } = {},
): Buffer =>
  join(
    MAGIC,
    pickle(version),
    pickle(dict(text('protocol_version'), int(1001), text('little_endian'), littleEndian)),
    pickle(state),
    pickle(']', '(', ...keys.map(text), 'e'),
  );

/** Numbers of a storage, with their number before them. */
export const legacyNumbers = (values: readonly number[], count = values.length): Buffer => {
  const before = Buffer.alloc(8);
  before.writeBigInt64LE(BigInt(count));
  return join(before, Buffer.from(Float32Array.from(values).buffer));
};
