import { DataInputError, quote } from '../errors.js';
import type { RawTable } from './raw-table.js';

/**
 * Names of columns by what they hold, in the order in which they are preferred. Names are compared without letter case, white
 * space and punctuation, so that `Adj Close**`, `adj_close` and `AdjClose` are one name.
 */
const synonyms = {
  date: [
    'Date',
    'Datetime',
    'Timestamp',
    'Day',
    'observation_date',
    'Trading Date',
    'Datum',
    'Fecha',
    'Time',
  ],
  open: ['Open', 'Open Price', 'Opening', 'Eröffnung', 'Eröffn.', 'Apertura', 'Ouv.', 'Ouverture'],
  high: ['High', 'High Price', 'Max', 'Hoch', 'Máximo', 'Plus Haut'],
  low: ['Low', 'Low Price', 'Min', 'Tief', 'Mínimo', 'Plus Bas'],
  close: [
    'Close',
    'Close/Last',
    'Close Price',
    'Closing Price',
    'Close Close price adjusted for splits.',
    'Price',
    'Last',
    'Last Price',
    'Schlusskurs',
    'Schluss',
    'Zuletzt',
    'Cierre',
    'Último',
    'Clôture',
    'Dernier',
  ],
  adjClose: [
    'Adj Close',
    'Adjusted Close',
    'Adj. Close',
    'Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions.',
  ],
  volume: ['Volume', 'Vol.', 'Total Volume', 'Share Volume', 'Volumen'],
  ticker: ['Ticker', 'Symbol', 'Stock', 'Tickers', 'Symbols'],
  time: [
    'Date',
    'Time',
    'Datetime',
    'Timestamp',
    'Published',
    'Published At',
    'Publish Date',
    'Publication Date',
    'Published Date',
    'Pub Date',
    'Date Published',
    'Date Time',
    'Created At',
    'created_utc',
    'webPublicationDate',
    'Published UTC',
    'Time Published',
    'versionCreated',
    'Day',
  ],
  timeOfDay: [
    'Time',
    'Time of Day',
    'Clock',
    'Hour',
    'Published Time',
    'Publish Time',
    'Publication Time',
    'Pub Time',
    'Time Published',
    'Created Time',
    'Release Time',
    'News Time',
    'Timestamp',
    'Datetime',
    'Published At',
    'Created At',
    'Time UTC',
    'Time GMT',
    'Time ET',
    'Time EST',
    'Time EDT',
    'Time CT',
    'Time PT',
    'Time CET',
  ],
  text: [
    'Headline',
    'Headlines',
    'Title',
    'Text',
    'News',
    'Headline Text',
    'Sentence',
    'Sentences',
    'Tweet',
    'News Headline',
    'webTitle',
    'News Title',
    'Article Title',
    'Content',
    'Body',
  ],
  source: ['Source', 'Publisher', 'Site', 'Domain', 'Provider', 'Agency'],
  url: ['URL', 'Link', 'webUrl', 'Article URL'],
  rank: ['Rank', 'Position'],
  label: ['Label', 'Sentiment', 'Class', 'Labels', 'Target', 'Category', 'Sentiment Label'],
} as const;

/** Length of a name up to which messages suggest it. Some sources have whole sentences as names. */
const LONGEST_LISTED = 20;

/** What a column can hold. */
export type ColumnRole = keyof typeof synonyms;

/** All that a column can hold. */
export const columnRoles: readonly ColumnRole[] = Object.keys(synonyms) as ColumnRole[];

/** What each role is called in messages: its first synonym. */
export const roleName = (role: ColumnRole): string => synonyms[role][0];

/** Parses `text=Headlines,time=Time`. @throws DataInputError naming the part that is wrong */
export function parseColumnNames(text: string): NamedColumns {
  const named: Partial<Record<ColumnRole, string>> = {};
  for (const part of text.split(',')) {
    const [role, name = ''] = part.split('=').map((side) => side.trim());
    const known = columnRoles.find((one) => one === role);
    if (known === undefined || name === '') {
      throw new DataInputError(`${quote(part)} does not name a column`, {
        fix: `Give parts such as text=Headlines; what a column holds is one of ${columnRoles.join(', ')}.`,
      });
    }
    named[known] = name;
  }
  return named;
}

/** Columns named by the caller, by what they hold. */
export type NamedColumns = Partial<Readonly<Record<ColumnRole, string>>>;

/** Letters and digits of a name, without letter case, a leading number (`1. open`) and accents' variants. */
export function normalizeName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^\s*\d+\.\s/, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Position of a column for each role that the file has. */
export type FoundColumns<Role extends ColumnRole> = Partial<Record<Role, number>>;

/**
 * Finds the columns of a table by name. Order, letter case, spaces, punctuation and further columns do not matter.
 *
 * @param named columns that the caller names; they win over the names that are known
 * @throws DataInputError when a named column is missing, or two columns have the name that is looked for
 */
export function findColumns<Role extends ColumnRole>(
  table: RawTable,
  roles: readonly Role[],
  named: NamedColumns = {},
): FoundColumns<Role> {
  const header = table.header.cells.map(normalizeName);
  const found: FoundColumns<Role> = {};
  for (const role of roles) {
    const wanted = named[role];
    const names: readonly string[] = wanted === undefined ? synonyms[role] : [wanted];
    const name = names.map(normalizeName).find((one) => header.includes(one));
    if (name === undefined) {
      if (wanted !== undefined) throw missingColumn(table, wanted, [wanted]);
      continue;
    }
    const index = header.indexOf(name);
    if (header.includes(name, index + 1)) {
      const column = table.header.cells[index].trim();
      throw new DataInputError(`there are two columns ${quote(column)}`, {
        file: table.file,
        line: table.header.line,
        column,
        fix: 'Remove or rename one of them.',
      });
    }
    found[role] = index;
  }
  return found;
}

/** Position of a column that the table must have. */
export function requireColumn<Role extends ColumnRole>(
  table: RawTable,
  found: FoundColumns<Role>,
  role: Role,
): number {
  const index = found[role];
  if (index !== undefined) return index;
  const listed = synonyms[role].filter((name) => name.length <= LONGEST_LISTED);
  throw missingColumn(table, roleName(role), listed.slice(0, 6), role);
}

/** Error that lists the columns that the file has. */
function missingColumn(
  table: RawTable,
  name: string,
  known: readonly string[],
  role?: ColumnRole,
): DataInputError {
  const { cells, line } = table.header;
  const shown = cells.slice(0, 12).map((cell) => quote(cell.trim()).slice(1, -1));
  const list = `${shown.join(', ').slice(0, 200)}${cells.length > 12 ? ', …' : ''}`;
  return new DataInputError(`there is no column ${quote(name)}`, {
    file: table.file,
    line,
    column: name,
    fix:
      role === undefined
        ? `The file has the columns ${list}.`
        : `Name it ${known.join(', ')}, or give --columns ${role}=NAME; the file has the columns ${list}.`,
  });
}
