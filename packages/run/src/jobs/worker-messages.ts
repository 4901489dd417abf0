/** Message to a worker. */
export type WorkerRequest =
  | { readonly kind: 'start'; readonly options: unknown }
  | { readonly kind: 'job'; readonly input: unknown };

/** Message from a worker. */
export type WorkerReply =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: WorkerFailure };

/** An error of a worker, as plain data. */
export interface WorkerFailure {
  readonly message: string;
  readonly stack: string;
  /** `kind` of the error: 'input', 'environment', or undefined for an unexpected one. */
  readonly kind: string | undefined;
}
