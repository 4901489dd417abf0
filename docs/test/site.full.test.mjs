import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChromium } from '../../apps/report/test/find-chromium.ts';
import { buildSite } from '../site/build.mjs';

let out;
let complaints;
let pages;
beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'fin-site-'));
  complaints = await buildSite(out);
  const files = readdirSync(out, { recursive: true }).filter((file) => file.endsWith('.html'));
  pages = new Map(files.map((file) => [join(out, file), readFileSync(join(out, file), 'utf8')]));
}, 300_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

it('is built without a complaint', () => {
  expect(complaints).toEqual([]);
  expect(pages.size).toBeGreaterThan(500);
});

it('has no link that leads nowhere', () => {
  const decoded = (text) => decodeURIComponent(text.replaceAll('&amp;', '&'));
  const ids = new Map([...pages].map(([file, html]) => [file, new Set(html.match(/(?<= id=")[^"]+/g))]));
  const lost = new Set();
  for (const [file, html] of pages) {
    for (const [, link] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(?:https?|mailto|data):/.test(link)) continue;
      const [path, anchor] = link.split('#').map(decoded);
      const target = path === '' ? file : join(dirname(file), path.replace(/\?.*/, ''));
      const isLost = !existsSync(target) || (anchor && ids.has(target) && !ids.get(target).has(anchor));
      if (isLost) lost.add(`${file.slice(out.length + 1)}: ${link}`);
    }
  }
  expect([...lost].slice(0, 20)).toEqual([]);
});

const program = findChromium();
if (program === null) {
  console.warn(
    'no chromium or google-chrome on the PATH and no $CHROMIUM: the site is not looked at in a browser',
  );
}

it.skipIf(program === null)(
  'opens from the disk, asks for nothing from elsewhere, and finds pages and functions (skipped without Chromium)',
  async () => {
    const browser = await chromium.launch({
      executablePath: program,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    try {
      const page = await browser.newPage();
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(join(out, 'index.html')).href);
      await page.keyboard.press('/');
      /** Waits until the search for a text finds an entry with this title. */
      const find = async (text, title) => {
        await page.locator('#tsd-search-input').fill(text);
        await page.locator('#tsd-search-results li', { hasText: title }).first().waitFor();
      };
      await find('getPeftModel', '@fin/finbert-lora/lora.getPeftModel');
      await find('Fine-tune on your own sentences', 'Fine-tune on your own sentences');
      expect(requests.filter((url) => !/^(?:file|data|blob):/.test(url))).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
