/**
 * Commands that install native TensorFlow, for messages. `npx fin-runtime install` is not among them: under pnpm, and if this
 * package is only a dependency of a dependency, npx asks the registry for a package named fin-runtime.
 */
export const INSTALL_COMMANDS =
  '`fin install` (with @fin/cli) or `npx --package @fin/runtime fin-runtime install`';
