import { isUtf8 } from 'node:buffer';
import type { SafetensorsDtype } from './dtypes.js';
import { isSafetensorsDtype } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import { JsonScanError, JsonScanner } from './json-scanner.js';
import { printable } from './printable.js';
import type { SafetensorsInfo } from './tensor.js';
import { validateLayout } from './validate-layout.js';

/** Key of the header's free text; no tensor can have this name. */
export const METADATA_KEY = '__metadata__';

/** Most dimensions of a tensor; numpy's limit, so that a header cannot make shapes of millions of ones (CWE-770). */
export const MAX_DIMENSIONS = 64;

/** A header that has passed every check. */
export interface SafetensorsHeader {
  /** Free text of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
}

/** A tensor as the header has it, not yet checked. */
export interface ClaimedTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly bigint[];
  readonly begin: bigint;
  readonly end: bigint;
}

/**
 * Parses a header and checks everything that can be told without the data.
 *
 * Accepts what the Rust reference accepts, less what its documentation forbids and its parser lets through: a key that
 * comes twice, white space before the `{`, `null` as metadata, a tensor's fields as an array, a dtype as an object.
 *
 * @param header the bytes of the header, without the length before them
 * @param dataBytes how many bytes follow the header
 * @throws {SafetensorsError}
 */
export function parseHeader(header: Uint8Array, dataBytes: number, file: string | null): SafetensorsHeader {
  if (!isUtf8(header)) {
    throw new SafetensorsError('InvalidHeader', 'the header is not valid UTF-8', { file });
  }
  if (header.length > 0 && header[0] !== 0x7b) {
    throw new SafetensorsError('InvalidHeaderStart', 'the header does not begin with {', { file });
  }
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('utf8');
  const metadata = new Map<string, string>();
  const claimed: ClaimedTensor[] = [];
  const scanner = new JsonScanner(text);
  try {
    scanner.object((key) => {
      if (key === METADATA_KEY) scanner.object((name) => metadata.set(name, scanner.string()));
      else claimed.push(readTensor(scanner, key, file));
    });
    scanner.end();
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    throw new SafetensorsError(
      'InvalidHeaderDeserialization',
      `the header is not as it must be: ${error.message}`,
      {
        file,
        cause: error,
      },
    );
  }
  return { metadata, tensors: validateLayout(claimed, dataBytes, file) };
}

function readTensor(scanner: JsonScanner, name: string, file: string | null): ClaimedTensor {
  const fields: { dtype?: SafetensorsDtype; shape?: bigint[]; offsets?: bigint[] } = {};
  scanner.object((field) => {
    if (field === 'dtype') fields.dtype = readDtype(scanner, name);
    else if (field === 'shape') fields.shape = readShape(scanner, name, file);
    else if (field === 'data_offsets') fields.offsets = readOffsets(scanner, name);
    else scanner.skip();
  });
  const { dtype, shape, offsets } = fields;
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    scanner.fail(`the tensor ${printable(name)} lacks its dtype, its shape or its data_offsets`);
  }
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

function readDtype(scanner: JsonScanner, name: string): SafetensorsDtype {
  const text = scanner.string();
  if (!isSafetensorsDtype(text)) {
    scanner.fail(`the tensor ${printable(name)} has the unknown dtype ${printable(text)}`);
  }
  return text;
}

function readShape(scanner: JsonScanner, name: string, file: string | null): bigint[] {
  const shape: bigint[] = [];
  scanner.array(() => {
    if (shape.length === MAX_DIMENSIONS) {
      throw new SafetensorsError(
        'TooManyDimensions',
        `the tensor ${printable(name)} has more than ${MAX_DIMENSIONS} dimensions`,
        { file, tensor: name },
      );
    }
    shape.push(scanner.unsigned());
  });
  return shape;
}

function readOffsets(scanner: JsonScanner, name: string): bigint[] {
  const offsets: bigint[] = [];
  scanner.array(() => {
    if (offsets.length === 2) scanner.fail(`the tensor ${printable(name)} has more than two data_offsets`);
    offsets.push(scanner.unsigned());
  });
  if (offsets.length !== 2) scanner.fail(`the tensor ${printable(name)} has not two data_offsets`);
  return offsets;
}
