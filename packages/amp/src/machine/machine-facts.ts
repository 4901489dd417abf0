import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { env } from 'node:process';
import { computesBfloat16Products } from '@fin/kernels';
import { currentTensorFlow } from '@fin/runtime';

/** The properties of a machine that decide how fast its matrix products are. */
export interface MachineFacts {
  readonly platform: string;
  readonly processor: string;
  /** Hash of the processor's feature flags: virtual machines give all processors the same name. */
  readonly features: string;
  readonly threads: number;
  readonly tensorflow: string;
  readonly oneDnn: string;
  readonly gpu: boolean;
  /** Whether `@fin/kernels` computes bfloat16 products in place of TensorFlow. */
  readonly fusedProducts: boolean;
}

/** The facts of this machine with the loaded TensorFlow. */
export function machineFacts(): MachineFacts {
  const { version, native } = currentTensorFlow();
  return {
    platform: `${platform()} ${arch()}`,
    ...processorFacts(),
    tensorflow: version,
    oneDnn: env.TF_ENABLE_ONEDNN_OPTS ?? '',
    gpu: native?.isUsingGpuDevice() ?? false,
    fusedProducts: computesBfloat16Products(),
  };
}

type ProcessorFacts = Pick<MachineFacts, 'processor' | 'features' | 'threads'>;

let processor: ProcessorFacts | undefined;

/** Read once: every entry into autocast asks for them, and reading takes a quarter of a millisecond. */
function processorFacts(): ProcessorFacts {
  processor ??= {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    features: featureHash(),
    threads: availableParallelism(),
  };
  return processor;
}

function featureHash(): string {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readProcessorInfo())?.[1] ?? '';
  return createHash('sha256').update(flags).digest('hex').slice(0, 16);
}

function readProcessorInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
