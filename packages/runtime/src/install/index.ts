export { findInstallation } from './find-installation.js';
export type { Installation, TensorFlowSource } from './installation.js';
