import { createHash } from 'node:crypto';

/** A job of a run that consists of many, such as one training of a walk-forward evaluation. */
export interface StoredJob {
  /** Unique name, also of its file. */
  readonly name: string;
  /** Everything that decides the result, as plain data. */
  readonly inputs: unknown;
}

/** The result of a job as it is stored, as plain data. */
export interface StoredResult<Result> {
  /** Digest of the job's inputs. */
  readonly inputs: string;
  /** Digest of the result. */
  readonly sha256: string;
  readonly result: Result;
}

/** A result in its stored form. */
export const storedResult = <Result>(inputs: unknown, result: Result): StoredResult<Result> => ({
  inputs: digest(inputs),
  sha256: digest(result),
  result,
});

/** Whether a stored result is whole: it has the digest that is stored with it. */
export const isWhole = ({ sha256, result }: StoredResult<unknown>): boolean => sha256 === digest(result);

/** Whether a stored result was made from these inputs. */
export const isMadeFrom = (stored: StoredResult<unknown>, inputs: unknown): boolean =>
  stored.inputs === digest(inputs);

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
