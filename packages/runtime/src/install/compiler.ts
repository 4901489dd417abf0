/** A command that compiles and links C++17. */
export interface Compiler {
  /** Program and its first arguments. */
  readonly command: readonly string[];
  readonly kind: 'system' | 'zig';
  /** For messages and the manifest: `g++`, `zig c++ 0.17.1`. */
  readonly name: string;
  /** What it needs in the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The compiler that is there, and of each command that does not do, why. */
export interface AvailableCompiler {
  readonly compiler: Compiler | null;
  readonly passedOver: readonly string[];
}
