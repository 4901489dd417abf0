/** Base class of the errors of this package. Their cause lies in the machine or the program, not in the user's data. */
export abstract class RuntimeError extends Error {
  readonly kind = 'environment';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Something was computed before `loadTensorFlow()` had finished. */
export class NotLoadedError extends RuntimeError {
  constructor() {
    super(
      'TensorFlow is not loaded yet: call `await loadTensorFlow()` from @fin/runtime once, before anything that computes.',
    );
  }
}

/** The requested backend is not available on this machine; `message` gives the reason and the remedy. */
export class BackendUnavailableError extends RuntimeError {
  readonly backend: string;
  constructor(backend: string, reason: string, options?: ErrorOptions) {
    super(`The backend "${backend}" was asked for and cannot be had: ${reason}`, options);
    this.backend = backend;
  }
}

/** TensorFlow refused a raw op: unknown op or attribute, wrong dtype, wrong shape. `message` contains TensorFlow's own message. */
export class RawOpError extends RuntimeError {
  readonly op: string;
  constructor(op: string, reason: string, options?: ErrorOptions) {
    super(`TensorFlow op "${op}": ${reason}`, options);
    this.op = op;
  }
}
