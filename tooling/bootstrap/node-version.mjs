/** Whether the workspace runs on a version of Node. `engines` in every package.json says the same: `^20.19.0 || >=22.12.0`. */
export function isSupportedNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 20) return minor >= 19;
  return major > 22 || (major === 22 && minor >= 12);
}
