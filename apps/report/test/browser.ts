import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { findChromium } from './find-chromium.js';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of the browser; null where there is none, with a message. */
export const executablePath: string | null = findChromium();
if (executablePath === null) {
  console.warn(
    'no chromium or google-chrome on the PATH and no $CHROMIUM: the report is not looked at in a browser',
  );
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath as string, args });

/** A page from the disk, and everything that a quiet page does not do: messages, errors, dialogs, requests. */
export interface OpenPage {
  readonly page: Page;
  readonly trouble: string[];
  /** Opens another file in the same tab, which costs less than a new one. */
  visit(file: string): Promise<void>;
}

export async function open(
  browser: Browser,
  file: string,
  options: BrowserContextOptions & { width?: number } = {},
): Promise<OpenPage> {
  const { width = 1280, ...context } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, ...context });
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', () => trouble.push('a new window'));
  let start = '';
  page.on('request', (request) => {
    if (request.url() !== start && !request.url().startsWith('data:'))
      trouble.push(`request: ${request.url()}`);
  });
  const visit = async (next: string): Promise<void> => {
    start = pathToFileURL(next).href;
    await page.goto(start);
  };
  await visit(file);
  return { page, trouble, visit };
}
