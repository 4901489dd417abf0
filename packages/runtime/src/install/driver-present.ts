import { existsSync } from 'node:fs';

/** Linux proper, and Linux inside Windows (WSL 2), where the driver is Windows' own. */
const SIGNS = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/** Whether this machine has an NVIDIA driver that TensorFlow could use. `FIN_GPU=0` says: act as if it had none. */
export function driverPresent(): boolean {
  return (
    process.env.FIN_GPU !== '0' && process.platform === 'linux' && SIGNS.some((path) => existsSync(path))
  );
}
