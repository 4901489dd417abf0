import type { AmpDecision, PrecisionRecord } from '@fin/amp';
import type { KernelsReport } from '@fin/kernels';
import type { ProcessGroup } from '@fin/parallel';
import type { BackendName } from '@fin/runtime';
import type { Terminal } from './io/terminal.js';

/** The loaded backend. */
export interface LoadedBackend {
  readonly backend: BackendName;
  /** Fused ops on native TensorFlow, compiled on first use; null on other backends. */
  readonly fusedOps: KernelsReport | null;
  /** Reasons why faster backends or ops are not used. */
  readonly notes: readonly string[];
}

/**
 * Loads TensorFlow and, on the native one, the fused ops.
 *
 * @param name backend to load; without it, the fastest one available
 * @param threads to compute with. @default one per processor
 */
export async function loadBackend(name?: BackendName, threads?: number): Promise<LoadedBackend> {
  const { loadTensorFlow } = await import('@fin/runtime');
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    process.env.OMP_NUM_THREADS ??= String(threads);
  }
  const { backend, notes } = await loadTensorFlow({ backend: name });
  const fusedOps =
    backend === 'tensorflow' ? await (await import('@fin/kernels')).loadKernels({ threads }) : null;
  return { backend, fusedOps, notes: [...notes, ...(fusedOps?.notes ?? [])] };
}

/** {@link loadBackend} for a command, which prints the notes. @param group processes that share the machine's cores */
export async function startBackend(
  name: BackendName | undefined,
  terminal: Terminal,
  group?: ProcessGroup,
): Promise<void> {
  const { notes } = await loadBackend(name, group && group.worldSize > 1 ? group.threads : undefined);
  for (const note of notes) terminal.line(`note: ${note}`);
}

/** Prints how this machine computes in a low precision. */
export function notePrecision({ asked, summary }: PrecisionRecord, terminal: Terminal): void {
  if (asked !== 'fp32') terminal.line(`precision ${asked}: ${summary}`);
}

/** Low-precision modes of this machine, for `fin doctor`. */
export interface PrecisionReport extends Pick<LoadedBackend, 'fusedOps'> {
  /** Null if no backend could be loaded. */
  readonly backend: BackendName | null;
  /** The decision on each low dtype. */
  readonly decisions: readonly (AmpDecision & { readonly summary: string })[];
  /** Reason why no backend could be loaded. */
  readonly problem: string | null;
}

/** Loads the backend as a command would, and decides how to compute in each low precision. */
export async function examinePrecision(): Promise<PrecisionReport> {
  const { decideAmpMode, formatAmpDecision } = await import('@fin/amp');
  try {
    const { backend, fusedOps } = await loadBackend();
    const decisions = (['bfloat16', 'float16'] as const).map((dtype) => {
      const decision = decideAmpMode(dtype);
      return { ...decision, summary: formatAmpDecision(decision) };
    });
    return { backend, fusedOps, decisions, problem: null };
  } catch (error) {
    return { backend: null, fusedOps: null, decisions: [], problem: (error as Error).message };
  }
}

/** The report as lines of text. */
export function formatPrecision({ backend, fusedOps, decisions, problem }: PrecisionReport): string[] {
  if (problem !== null) return [`Low precision: no backend could be loaded: ${problem}`];
  return [
    ...(fusedOps ? [formatFusedOps(fusedOps)] : []),
    `Low precision (--precision bf16 or fp16) on ${backend}:`,
    ...decisions.map(({ summary }) => `  ${summary}`),
  ];
}

function formatFusedOps(report: KernelsReport): string {
  const { available, instructionSet, threads, bfloat16Products, encoderUnit, int8Unit, notes } = report;
  if (!available) return `Fused ops: none. ${notes.join(' ')}`;
  const products = bfloat16Products
    ? ', with bfloat16 matrix products, for which the processor has no units'
    : '';
  const exceptions = 'DoRA, other activations than exact GELU, and padded batches';
  return `Fused ops: ${instructionSet}, encoder in bfloat16 by ${encoderUnit}, in int8 by ${int8Unit}, threads ${threads}${products}. All layers of an encoder are one op, but for ${exceptions}, which run op by op.`;
}
