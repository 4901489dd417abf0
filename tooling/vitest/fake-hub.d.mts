import type { IncomingMessage, ServerResponse } from 'node:http';

/** A file of a model. Large files are kept by the store, and listed by their sha256. */
export interface HubFile {
  readonly content: Buffer;
  readonly large?: boolean;
}

/** A request that the hub or its store received. */
export interface HubRequest {
  readonly where: 'hub' | 'store';
  readonly method: string;
  readonly path: string;
  readonly authorization?: string;
  readonly range?: string;
}

/** A request that may be answered in another way than the normal one. */
export interface FaultyRequest extends Pick<HubRequest, 'where' | 'path' | 'range'> {
  /** How often this path was asked for, this time included. */
  readonly count: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers normally; with `until`, the connection is cut after this many bytes of the content. */
  normal(options?: { readonly until?: number }): void;
}

/** The Hugging Face hub for models, on loopback. */
export interface FakeHub {
  readonly url: string;
  /** Origin of the store, which redirects lead to. */
  readonly storeUrl: string;
  readonly requests: HubRequest[];
  /** Sees each request first. Returns true when it has answered. */
  fault?: (request: FaultyRequest) => boolean | undefined;
  /** Token without which every request is refused. */
  token?: string;
  addModel(
    name: string,
    model: {
      readonly commit: string;
      readonly files: Readonly<Record<string, HubFile>>;
      /** Commit of each branch and tag. @default the commit as `main` */
      readonly refs?: Readonly<Record<string, string>>;
    },
  ): void;
  close(): Promise<unknown>;
}

export function startFakeHub(): Promise<FakeHub>;
