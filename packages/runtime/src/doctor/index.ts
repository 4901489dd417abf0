export { doctor } from './doctor.js';
export { formatDoctor } from './format-doctor.js';
export type {
  CacheReport,
  CpuFeatures,
  CpuReport,
  DoctorReport,
  Finding,
  GpuReport,
  ToolReport,
} from './report.js';
