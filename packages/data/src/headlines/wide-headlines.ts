import { DataInputError, quote } from '../errors.js';
import { readDates } from '../read/date-column.js';
import { findColumns, requireColumn } from '../read/find-columns.js';
import type { RawRow, RawTable } from '../read/raw-table.js';
import { cellError, lineOfCell } from '../read/raw-table.js';
import type { HeadlineCounts, HeadlineFileOptions, HeadlineRows, ReadHeadlines } from './headline-rows.js';
import { headlineText } from './headline-rows.js';

/** Whether a table has one row per day and the day's headlines in columns Top1, Top2, …, as Kaggle's `Combined_News_DJIA.csv`. */
export const isWide = (table: RawTable): boolean => ranksOf(table).length > 0;

/** Reads Date, perhaps Label, and Top1 … Top25 (or up to any other TopN). */
export function wideHeadlines(
  table: RawTable,
  options: HeadlineFileOptions,
  counts: HeadlineCounts,
): ReadHeadlines {
  const { time, label = 'Label' } = options.columns ?? {};
  const labelled = options.columns?.label !== undefined || names(table).includes('label');
  const found = findColumns(table, labelled ? ['time', 'label'] : ['time'], { time, label });
  const dateIndex = requireColumn(table, found, 'time');
  const columns = rankColumns(table);
  const { moments, written } = readDates(table, dateIndex, options.dateFormat);
  const labels = found.label;
  const days = table.rows.map((row, i) => ({
    row,
    date: moments[i].date,
    label: labels === undefined ? null : labelCell(table, row, labels),
  }));
  requireDistinctDays(table, dateIndex, days);
  const rows: HeadlineRows = { date: [], rank: [], text: [] };
  for (const { date, row } of days) {
    for (const [i, column] of columns.entries()) {
      const text = headlineText(row.cells[column], counts);
      if (text === null) continue;
      rows.date.push(date);
      rows.rank.push(i + 1);
      rows.text.push(text);
    }
  }
  return {
    rows,
    labels: days.flatMap(({ date, label }) => (label === null ? [] : [{ date, label }])),
    columns: {
      date: table.header.cells[dateIndex].trim(),
      headlines: `${table.header.cells[columns[0]].trim()} … ${table.header.cells[columns[columns.length - 1]].trim()}`,
      ...(labels !== undefined && { label: table.header.cells[labels].trim() }),
    },
    dates: written,
    dropped: [],
    assumptions: labels === undefined ? ['no column of labels: they are not needed to forecast'] : [],
    times: { beforeClose: 0, afterClose: 0, afterEarlyClose: 0, withoutTime: rows.date.length },
  };
}

function ranksOf(table: RawTable): number[] {
  return table.header.cells.flatMap((name) => {
    const match = /^\s*top\s*(\d{1,4})\s*$/i.exec(name);
    return match && Number(match[1]) > 0 ? [Number(match[1])] : [];
  });
}

const names = (table: RawTable): string[] =>
  table.header.cells.map((name) => name.toLowerCase().replace(/\s/g, ''));

/** Positions of Top1 up to the highest rank; each must be there. */
function rankColumns(table: RawTable): number[] {
  const present = names(table);
  const highest = Math.max(...ranksOf(table));
  return Array.from({ length: highest }, (_, i) => {
    const index = present.indexOf(`top${i + 1}`);
    const place = { file: table.file, line: table.header.line, column: `Top${i + 1}` };
    if (index < 0) {
      throw new DataInputError(`there is no column "Top${i + 1}"`, {
        ...place,
        fix: `The file has Top${highest}, so it must have every column from Top1 to Top${highest}.`,
      });
    }
    if (present.includes(`top${i + 1}`, index + 1)) {
      throw new DataInputError(`there are two columns "Top${i + 1}"`, {
        ...place,
        fix: 'Remove or rename one of them.',
      });
    }
    return index;
  });
}

function requireDistinctDays(
  table: RawTable,
  dateIndex: number,
  days: readonly { readonly date: string; readonly row: RawRow }[],
): void {
  const lines = new Map<string, number>();
  for (const { date, row } of days) {
    const earlier = lines.get(date);
    if (earlier !== undefined) {
      throw cellError(
        table,
        row,
        dateIndex,
        `the day ${date} is there already, on line ${earlier}`,
        'Keep one of the two rows.',
      );
    }
    lines.set(date, lineOfCell(row, dateIndex));
  }
}

function labelCell(table: RawTable, row: RawRow, index: number): 0 | 1 {
  const text = row.cells[index].trim();
  if (text === '0' || text === '1') return text === '1' ? 1 : 0;
  throw cellError(
    table,
    row,
    index,
    `${quote(text)} is not a label`,
    'Labels are 1 (the close rose or stayed the same) or 0.',
  );
}
