import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A folder with a small hand-written market that has each oddity of the Kaggle files. */
export const quirksDir: string = fileURLToPath(new URL('./fixtures/quirks', import.meta.url));

export const quirksNews: string = readFileSync(`${quirksDir}/Combined_News_DJIA.csv`, 'utf8');
export const quirksPrices: string = readFileSync(`${quirksDir}/upload_DJIA_table.csv`, 'utf8');
