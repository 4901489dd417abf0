/**
 * Name and version of an MPI, for one line of a message, from what `MPI_Get_library_version` says: of Open MPI the first words of one line, of
 * MPICH the first of many lines, `MPICH Version:` with a tab and the number.
 */
export function libraryName(version: string): string {
  return version
    .split('\n')[0]
    .split(',')[0]
    .replace(/ Version\s*:\s+/, ' ')
    .trim();
}
