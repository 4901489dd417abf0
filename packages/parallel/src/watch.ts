import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LostRankError } from './errors.js';

/** Time to reach rank 0 at one of its addresses. */
const CONNECT_MS = 5_000;
/** Time that a rank which failed leaves rank 0 to report it, before its own end makes the launcher end all. */
const REPORT_MS = 5_000;
/** Idle time after which the system asks whether the other machine is still there. */
const KEEP_ALIVE_MS = 30_000;

/** A process of the group. */
export interface Member {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
}

type Message =
  | { readonly kind: 'hello'; readonly token: string; readonly rank: number }
  /** A rank ended; `reason` is null if it gave none. */
  | { readonly kind: 'lost'; readonly rank: number; readonly reason: string | null }
  /** All work is done: ends are no losses from now on. */
  | { readonly kind: 'done' };

/** Where rank 0 listens. */
export interface WatchPlace {
  readonly port: number;
  readonly addresses: readonly string[];
  /** Tells the ranks of this group from other programs. */
  readonly token: string;
}

/**
 * Notices when a rank ends, and which one. MPI does not: its operations wait for ever. Each rank has a connection to rank 0, which the system
 * closes when a process ends, however it ends; rank 0 tells the others.
 */
export class Watch {
  readonly #own: number;
  readonly #members: readonly Member[];
  readonly #onLost: (error: LostRankError) => void;
  /** Connections by rank: of rank 0 to all others, of another rank to rank 0. */
  readonly #sockets = new Map<number, Socket>();
  #server: Server | null = null;
  #ended = false;
  #allDone: () => void = () => {};
  readonly #done: Promise<void> = new Promise((resolve) => {
    this.#allDone = resolve;
  });

  /** @param onLost called once, with the first rank that ends too early */
  constructor(own: number, members: readonly Member[], onLost: (error: LostRankError) => void) {
    this.#own = own;
    this.#members = members;
    this.#onLost = onLost;
  }

  /** Rank 0: waits for connections. On this machine alone, if all ranks are on it. */
  async listen(): Promise<WatchPlace> {
    const token = randomUUID();
    const server = createServer((socket) => this.#serve(socket, token));
    this.#server = server.unref();
    const together = this.#members.every(({ host }) => host === this.#members[0].host);
    server.listen(0, together ? '127.0.0.1' : undefined);
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    return { port, token, addresses: together ? ['127.0.0.1'] : ownAddresses() };
  }

  /** Another rank: connects to rank 0. @returns whether it could */
  async join({ port, addresses, token }: WatchPlace): Promise<boolean> {
    for (const host of addresses) {
      const socket = connect({ host, port });
      const reached = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
        sleep(CONNECT_MS, false, { ref: false }),
      ]);
      if (!reached) {
        socket.on('error', () => {}).destroy();
        continue;
      }
      this.#read(socket, (message) => this.#hear(message));
      this.#keep(0, socket);
      this.#send(socket, { kind: 'hello', token, rank: this.#own });
      return true;
    }
    return false;
  }

  /** Tells the others that this rank ends because of an error. */
  async fail(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const sockets = [...this.#sockets.values()];
    for (const socket of sockets) this.#send(socket, { kind: 'lost', rank: this.#own, reason });
    if (this.#own === 0) await Promise.all(sockets.map((socket) => flushed(socket)));
    else
      await Promise.race([
        ...sockets.map((socket) => once(socket, 'close').catch(() => {})),
        sleep(REPORT_MS),
      ]);
  }

  /** All work of this rank is done. Rank 0 tells the others, which wait for that. */
  async done(): Promise<void> {
    if (this.#own > 0 && this.#sockets.size > 0) {
      this.#sockets.get(0)!.ref();
      await this.#done;
    }
    this.#ended = true;
    for (const socket of this.#sockets.values()) {
      if (this.#own === 0) this.#send(socket, { kind: 'done' });
      await flushed(socket);
    }
  }

  close(): void {
    this.#ended = true;
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#server?.close();
  }

  /** Rank 0: takes the connection of a rank, which names itself first. */
  #serve(socket: Socket, token: string): void {
    let known = false;
    this.#read(socket, (message) => {
      if (known) return this.#hear(message);
      if (message?.kind !== 'hello' || message.token !== token) return void socket.destroy();
      known = true;
      this.#keep(message.rank, socket);
    });
  }

  #keep(rank: number, socket: Socket): void {
    this.#sockets.set(rank, socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('close', () => this.#lose(rank, null));
  }

  #read(socket: Socket, hear: (message: Message | null) => void): void {
    socket.unref();
    socket.on('error', () => {}); // its close follows
    createInterface({ input: socket })
      .on('error', () => {})
      .on('line', (line) => hear(parse(line)));
  }

  #hear(message: Message | null): void {
    if (message?.kind === 'lost') this.#lose(message.rank, message.reason);
    if (message?.kind !== 'done') return;
    this.#ended = true;
    this.#allDone();
  }

  #lose(rank: number, reason: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#own === 0) {
      for (const socket of this.#sockets.values()) this.#send(socket, { kind: 'lost', rank, reason });
    }
    const { host, pid } = this.#members[rank];
    this.#onLost(new LostRankError(rank, host, pid, reason));
    this.#allDone();
  }

  #send(socket: Socket, message: Message): void {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  }
}

/** Waits until everything is with the system. */
async function flushed(socket: Socket): Promise<void> {
  if (socket.writable) await new Promise<void>((resolve) => socket.write('', () => resolve()));
}

function parse(line: string): Message | null {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return null;
  }
}

/** Names under which other machines may reach this one. */
function ownAddresses(): string[] {
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return [hostname(), ...outside];
}
