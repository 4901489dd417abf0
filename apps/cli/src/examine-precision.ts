import type { AmpDecision } from '@fin/amp';
import type { KernelsReport } from '@fin/kernels';

/** What `fin doctor` tells of low precision. */
export interface PrecisionReport {
  /** The backend that was asked; null where none could be loaded. */
  readonly backend: string | null;
  /** The fused ops there, which have a say in it; null on backends that have none. */
  readonly fusedOps: KernelsReport | null;
  /** What it makes of each low dtype. */
  readonly decisions: readonly (AmpDecision & { readonly summary: string })[];
  /** Why there is nothing to tell. */
  readonly problem: string | null;
}

/** Loads TensorFlow and the fused ops as a command would, and has this machine decide how it does each low precision. */
export async function examinePrecision(): Promise<PrecisionReport> {
  const { decideAmpMode, formatAmpDecision } = await import('@fin/amp');
  const { loadTensorFlow } = await import('@fin/runtime');
  try {
    const { backend } = await loadTensorFlow();
    const fusedOps = backend === 'tensorflow' ? await (await import('@fin/kernels')).loadKernels() : null;
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
export function formatPrecision({ backend, fusedOps, decisions, problem }: PrecisionReport): string {
  if (problem !== null) return `Low precision: cannot be told: ${problem}`;
  const lines = decisions.map(({ summary }) => `  ${summary}`);
  return [
    ...(fusedOps ? [formatFusedOps(fusedOps)] : []),
    `Low precision (--precision bf16 or fp16) on ${backend}:`,
    ...lines,
  ].join('\n');
}

function formatFusedOps({
  available,
  instructionSet,
  threads,
  bfloat16Products,
  notes,
}: KernelsReport): string {
  if (!available) return `Fused ops: none. ${notes.join(' ')}`;
  const products = bfloat16Products
    ? ', and the products of bfloat16, which the processor has no units for'
    : '';
  return `Fused ops: ${instructionSet}, threads ${threads}${products}`;
}
