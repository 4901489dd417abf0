import { INSTALL_COMMANDS } from '../install/install-hint.js';
import { NATIVE_PLATFORMS } from '../install/pins.js';
import type { DoctorReport, Finding } from './report.js';

type Facts = Omit<DoctorReport, 'findings'>;

/**
 * Derives the findings from the facts: what is missing, and what that costs. The figures were measured by this project on
 * machines with two virtual cores: 768-wide matrix products on a machine with AVX-512 and AMX, bfloat16 also on one with AVX2
 * only.
 */
export function findingsOf(facts: Facts): Finding[] {
  return [...nativeFindings(facts), ...gpuFindings(facts), ...cpuFindings(facts)];
}

function nativeFindings(facts: Facts): Finding[] {
  const { installation, backend } = facts;
  if (installation && backend.name === 'tensorflow') return [];
  if (installation) {
    return [
      {
        kind: 'note',
        what: `Native TensorFlow is there and not used: ${backend.reason}.`,
        cost: SLOWER[backend.name] ?? '',
        fix: 'unset FIN_BACKEND',
      },
    ];
  }
  return [
    {
      kind: 'missing',
      what: process.env.FIN_TENSORFLOW_DIR
        ? 'FIN_TENSORFLOW_DIR is set, but no binding is there for it.'
        : 'There is no native TensorFlow.',
      cost: SLOWER[backend.name] ?? '',
      fix: INSTALL_COMMANDS,
    },
    ...obstacles(facts),
  ];
}

const SLOWER: Readonly<Record<string, string>> = {
  wasm:
    'The backend wasm does matrix products at 9-19 GFLOP/s where native TensorFlow does 90-200, so training takes ' +
    'many times as long; the fused LSTM and bfloat16 are only there natively.',
  cpu:
    'The backend cpu is plain JavaScript: matrix products at 0.3 GFLOP/s where native TensorFlow does 90-200. ' +
    'Good for tests, hopeless for training.',
};

/** Reasons why an installation would fail or take longer. */
function obstacles({ pip, compiler, cache, platform }: Facts): Finding[] {
  const obstacles: Finding[] = [];
  if (pip.found === null) {
    obstacles.push({
      kind: 'missing',
      what: `Python's pip: ${pip.problem}.`,
      cost: "TensorFlow's wheel cannot be downloaded; only a TensorFlow of your own (FIN_TENSORFLOW_DIR) is left, or the one of tfjs-node's own installer (2.9, where its host can be reached).",
      fix: 'install python3 with pip',
    });
  }
  if (compiler.found === null) {
    obstacles.push({
      kind: 'missing',
      what: `A C++ compiler: ${compiler.problem}.`,
      cost:
        pip.found === null
          ? 'The binding cannot be compiled.'
          : 'The wheel ziglang (100 MB) stands in for it: the installation takes some minutes instead of about one.',
      fix: 'install g++ or clang++',
    });
  }
  if (!cache.writable) {
    obstacles.push({
      kind: 'missing',
      what: `The cache folder ${cache.dir} cannot be written.`,
      cost: 'Nothing can be installed there.',
      fix: 'set FIN_CACHE_DIR to a folder that can be written',
    });
  }
  if (!NATIVE_PLATFORMS.includes(platform.name.replace(' ', '-'))) {
    obstacles.push({
      kind: 'note',
      what: `No wheel is known for ${platform.name}.`,
      cost: `Wheels are known for ${NATIVE_PLATFORMS.join(', ')} only.`,
      fix: process.platform === 'win32' ? 'use WSL 2' : 'set FIN_TENSORFLOW_DIR to a TensorFlow of your own',
    });
  }
  return obstacles;
}

function gpuFindings({ gpu, installation }: Facts): Finding[] {
  if (gpu.devices.length === 0 || !installation || installation.gpu) return [];
  return [
    {
      kind: 'missing',
      what: `${gpu.devices[0].name} is there, and the TensorFlow in use is a CPU build.`,
      cost: 'The GPU stays idle.',
      fix: process.env.FIN_GPU === '0' ? `unset FIN_GPU, then: ${INSTALL_COMMANDS}` : INSTALL_COMMANDS,
    },
  ];
}

function cpuFindings({ cpu, installation, platform }: Facts): Finding[] {
  const { avx2, avx512Bf16, amxBf16, armBf16 } = cpu.features;
  if (platform.name.endsWith('x64') && !avx2) {
    return [
      {
        kind: 'note',
        what: 'The processor has no AVX2 with FMA.',
        cost: "TensorFlow's wheels need AVX; without AVX2 they run far below the figures given here, without AVX not at all.",
      },
    ];
  }
  if (!installation || avx512Bf16 || amxBf16 || armBf16) return [];
  return [
    {
      kind: 'note',
      what: 'The processor has no units for bfloat16 (AVX512-BF16, AMX).',
      cost:
        'bfloat16 saves memory here but no time: a native matrix product costs what float32 costs (131 against 141 GFLOP/s ' +
        'on an AVX2 machine; with AMX it is 470-1100 against 90-200).',
    },
  ];
}
