import { decodeText } from './decode-text.js';
import { delimitedTable } from './delimited-table.js';
import { jsonTable, looksLikeJson } from './json-table.js';
import { looksLikeParquet, parquetTable } from './parquet-table.js';
import type { RawTable } from './raw-table.js';
import { readInputFile } from './read-input-file.js';

/**
 * Reads a table from a file of any supported format. The content decides, not the file's name.
 *
 * ```
 * bytes ─┬─ Parquet ──────────────────────────────────────┐
 *        └─ decoded text ─┬─ JSON Lines, JSON ────────────┼─ rows of cells ── columns understood ── typed table, report
 *                         └─ delimiter found ── CSV, TSV ─┘
 * ```
 *
 * @param mayBeShort for CSV and TSV, as for {@link delimitedTable}
 * @throws DataInputError that names file, line and fix
 */
export async function readTable(
  file: string,
  mayBeShort?: (cells: readonly string[]) => boolean,
): Promise<RawTable> {
  const bytes = await readInputFile(file);
  if (looksLikeParquet(bytes)) return parquetTable(bytes, file);
  const text = decodeText(bytes, file);
  return looksLikeJson(text) ? jsonTable(text, file) : delimitedTable(text, file, undefined, mayBeShort);
}
