// The page as a running service serves it: one question, and one ranking that arrives.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const url = process.env.PAGE_URL;

test('a question is answered, and a comparison is published', async () => {
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage']});
  try {
    const page = await browser.newPage({viewport: {width: 1280, height: 800}});
    const problems = [];
    page.on('pageerror', error => problems.push(String(error)));
    page.on('response', reply => reply.status() >= 400 && problems.push(`${reply.status()}: ${reply.url()}`));
    const response = await page.goto(url);
    assert.match(response.headers()['content-security-policy'], /default-src 'self'.*trusted-types 'none'/);
    await page.waitForSelector('#model option', {state: 'attached'});
    await page.click('#settings-open');
    await page.getByLabel('Longest answer').fill('16');
    await page.keyboard.press('Escape');
    await page.fill('#ask', 'rain?');
    await page.press('#ask', 'Enter');
    await page.waitForFunction(() => /version \d+\s+·\s+\d+ tokens?/.test(document.querySelector('.answer[aria-busy="false"] .figures')?.textContent ?? ''));
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('v');
    await page.waitForSelector('.comparison [data-verdict="left"]:enabled');
    await page.waitForTimeout(900);
    await page.click('[data-verdict="left"]');
    await page.waitForFunction(() => document.querySelector('.toast')?.textContent.includes('published as a ranking'));
    await page.screenshot({path: join(process.env.SCREENSHOTS, 'service.png')});
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
