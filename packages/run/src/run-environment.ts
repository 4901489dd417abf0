/** `environment.json`: where a run was computed. */
export interface RunEnvironment {
  readonly backend: string;
  /** Of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly tensorflowVersion: string;
  /** Whether the fused ops of @fin/kernels were used. */
  readonly fusedOps: boolean;
  /** The precision asked for and what the machine makes of it. */
  readonly precision: {
    readonly asked: string;
    readonly decision: { readonly mode: string } | null;
    readonly summary: string;
  };
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Why better backends were passed over. */
  readonly notes: readonly string[];
}
