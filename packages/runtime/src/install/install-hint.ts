/**
 * Commands that install native TensorFlow, for messages. `npx fin-runtime` alone would not do: under pnpm, and where this package is
 * another's dependency, npx asks the registry for a package called fin-runtime.
 */
export const INSTALL_COMMANDS =
  '`fin install` (with @fin/cli) or `npx --package @fin/runtime fin-runtime install`';
