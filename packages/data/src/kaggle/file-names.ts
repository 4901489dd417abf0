/** Headlines and labels, as Kaggle names the file. */
export const newsFileName = 'Combined_News_DJIA.csv';

/** Prices, as Kaggle names the file, newest name first. */
export const priceFileNames = ['upload_DJIA_table.csv', 'DJIA_table.csv'] as const;

/** Written beside the files of a synthetic market, so that it stays known as one. */
export const syntheticNoteName = 'SYNTHETIC.json';
