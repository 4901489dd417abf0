import { ReportInputError } from '../errors.js';

type Json = Record<string, unknown>;

/** Reads typed fields out of one JSON object of a run, naming file and field when one is not what it should be. */
export class Fields {
  readonly #file: string;
  readonly #object: Json;

  /** @param file what to name in messages, such as `runs/a/data.json` or `runs/a/metrics.jsonl, line 3` */
  constructor(file: string, value: unknown) {
    this.#file = file;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.#broken('is not a JSON object');
    this.#object = value as Json;
  }

  string(name: string): string {
    return this.#typed(name, 'a text', (value): value is string => typeof value === 'string');
  }

  boolean(name: string): boolean {
    return this.#typed(name, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  number(name: string): number {
    return this.#typed(name, 'a finite number', (value): value is number => Number.isFinite(value));
  }

  array(name: string): unknown[] {
    return this.#typed(name, 'a list', (value): value is unknown[] => Array.isArray(value));
  }

  object(name: string): Fields {
    return new Fields(`${this.#file}: ${name}`, this.#object[name]);
  }

  /** `read(name)`, or null where the field is null or absent. */
  optional<T>(name: string, read: (this: Fields, name: string) => T): T | null {
    return this.#object[name] === null || this.#object[name] === undefined ? null : read.call(this, name);
  }

  #typed<T>(name: string, what: string, is: (value: unknown) => value is T): T {
    const value = this.#object[name];
    if (!is(value))
      throw this.#broken(`has ${name} ${JSON.stringify(value) ?? 'missing'} where ${what} is expected`);
    return value;
  }

  #broken(problem: string): ReportInputError {
    return new ReportInputError(
      `${this.#file} ${problem}; write the run again with fin train and fin evaluate`,
    );
  }
}
