interface Report {
  readonly sharedObjects: readonly string[];
}

/** Paths of the shared libraries in this process. */
export function loadedLibraries(): readonly string[] {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report;
  // Without this it looks up the names of network peers, which can take seconds.
  const excludeNetwork = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    return (report.getReport() as Report).sharedObjects;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
