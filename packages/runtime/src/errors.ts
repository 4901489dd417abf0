/** What every error of this package has in common: something about this machine or this program, not about the user's data. */
export abstract class RuntimeError extends Error {
  readonly kind = 'environment';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A tensor operation was asked for before `loadTensorFlow()` had finished. */
export class NotLoadedError extends RuntimeError {
  constructor() {
    super(
      'TensorFlow is not loaded yet: call `await loadTensorFlow()` from @fin/runtime once, before anything that computes.',
    );
  }
}

/** The backend that was asked for by name cannot be had on this machine; `message` says why and what to do. */
export class BackendUnavailableError extends RuntimeError {
  readonly backend: string;
  constructor(backend: string, reason: string, options?: ErrorOptions) {
    super(`The backend "${backend}" was asked for and cannot be had: ${reason}`, options);
    this.backend = backend;
  }
}

/** TensorFlow refused a raw op: unknown op or attribute, wrong dtype, wrong shape. `message` carries TensorFlow's own words. */
export class RawOpError extends RuntimeError {
  readonly op: string;
  constructor(op: string, reason: string, options?: ErrorOptions) {
    super(`TensorFlow op "${op}": ${reason}`, options);
    this.op = op;
  }
}
