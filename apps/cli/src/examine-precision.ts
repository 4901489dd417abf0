import type { AmpDecision } from '@fin/amp';

/** What `fin doctor` tells of low precision. */
export interface PrecisionReport {
  /** The backend that was asked; null where none could be loaded. */
  readonly backend: string | null;
  /** What it makes of each low dtype. */
  readonly decisions: readonly (AmpDecision & { readonly summary: string })[];
  /** Why there is nothing to tell. */
  readonly problem: string | null;
}

/** Loads TensorFlow as a command would, and has this machine decide how it does each low precision. */
export async function examinePrecision(): Promise<PrecisionReport> {
  const { decideAmpMode, formatAmpDecision } = await import('@fin/amp');
  const { loadTensorFlow } = await import('@fin/runtime');
  try {
    const { backend } = await loadTensorFlow();
    const decisions = (['bfloat16', 'float16'] as const).map((dtype) => {
      const decision = decideAmpMode(dtype);
      return { ...decision, summary: formatAmpDecision(decision) };
    });
    return { backend, decisions, problem: null };
  } catch (error) {
    return { backend: null, decisions: [], problem: (error as Error).message };
  }
}

/** The report as lines of text. */
export function formatPrecision({ backend, decisions, problem }: PrecisionReport): string {
  if (problem !== null) return `Low precision: cannot be told: ${problem}`;
  const lines = decisions.map(({ summary }) => `  ${summary}`);
  return [`Low precision (--precision bf16 or fp16) on ${backend}:`, ...lines].join('\n');
}
