import type { DoctorReport } from './report.js';

/** Formats the report as text: first the facts, then the findings. */
export function formatDoctor(report: DoctorReport): string {
  const { platform, node, cpu, memory, pip, compiler, cache, installation, backend } = report;
  const rows: [string, string][] = [
    ['platform', [platform.name, platform.release, platform.libc].filter(Boolean).join(', ')],
    ['Node', `${node.version} (${node.path})`],
    ['processor', `${cpu.model}; ${features(report)}`],
    ['threads', cpu.cores === null ? `${cpu.threads}` : `${cpu.threads} on ${plural(cpu.cores, 'core')}`],
    ['memory', `${gigabytes(memory.totalBytes)}, ${gigabytes(memory.freeBytes)} free`],
    ['GPU', gpuText(report)],
    ['pip', pip.found ?? `none: ${pip.problem}`],
    ['C++ compiler', compiler.found ?? `none: ${compiler.problem}`],
    ['cache', `${cache.dir}${cache.writable ? '' : ' (cannot be written)'}: ${parts(cache.bytes)}`],
    ['TensorFlow', installation ? installationText(installation) : 'not installed'],
    ...(installation ? ([['binding', installation.bindingPath]] satisfies [string, string][]) : []),
    ['backend', `${backend.name} (${backend.reason})`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  const findings = report.findings.flatMap(({ kind, what, cost, fix }) => [
    '',
    `${kind === 'missing' ? 'Missing' : 'Note'}: ${what}`,
    ...(cost ? [`  ${cost}`] : []),
    ...(fix ? [`  What helps: ${fix}`] : []),
  ]);
  return [...table, ...(findings.length > 0 ? findings : ['', 'Nothing is missing.'])].join('\n');
}

const FEATURE_NAMES = {
  avx2: 'AVX2',
  avx512: 'AVX-512',
  avx512Bf16: 'AVX512-BF16',
  amxBf16: 'AMX-BF16',
  armBf16: 'bf16',
} as const;

function features({ cpu, platform }: DoctorReport): string {
  const names = (Object.keys(FEATURE_NAMES) as (keyof typeof FEATURE_NAMES)[]).filter((name) =>
    platform.name.endsWith('arm64') ? name === 'armBf16' : name !== 'armBf16',
  );
  return names.map((name) => `${cpu.features[name] ? '' : 'no '}${FEATURE_NAMES[name]}`).join(', ');
}

function gpuText({ gpu }: DoctorReport): string {
  if (gpu.driver === null) return 'no NVIDIA driver answers';
  const devices = gpu.devices.map(({ name, memoryBytes }) => `${name} (${gigabytes(memoryBytes)})`);
  return `${devices.join(', ')}; driver ${gpu.driver}`;
}

const SOURCES = {
  folder: 'from FIN_TENSORFLOW_DIR',
  wheel: 'from the Python wheel',
  package: "from tfjs-node's installer",
} as const;

function installationText(installation: NonNullable<DoctorReport['installation']>): string {
  const { tensorflowVersion, gpu, source, libraryDir } = installation;
  return `${tensorflowVersion}, ${gpu ? 'CUDA' : 'CPU'} build, ${SOURCES[source]}: ${libraryDir}`;
}

function parts(bytes: Readonly<Record<string, number>>): string {
  const names = Object.keys(bytes);
  return names.length === 0 ? 'empty' : names.map((name) => `${name} ${megabytes(bytes[name])}`).join(', ');
}

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
const megabytes = (bytes: number) => (bytes < 1e6 ? 'under 1 MB' : `${Math.round(bytes / 1e6)} MB`);
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
