// Nothing that was written is lost, and nothing is sent or published that nobody meant.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {answered, ask, context, fake, lastAnswer, page} from './stage.mjs';

const said = (on, text) => on.waitForFunction(text => document.querySelector('#thread').textContent.includes(text), text);
const toasted = text => page.waitForFunction(text => document.querySelector('.toast')?.textContent.includes(text), text);

async function anotherTab() {
  const tab = await context.newPage();
  await tab.goto(fake.url);
  await tab.waitForSelector('#model option', {state: 'attached'});
  return tab;
}

test('what has come of an answer is kept when the page goes', async () => {
  await ask('slow one', {wait: false});
  await said(page, 'word9 ');
  await page.reload();
  await page.waitForSelector('.answer');
  assert.match(await lastAnswer().innerText(), /word9 [^]*stopped/);
});

test('what was said at last is kept though the page goes at once', async () => {
  await ask('one');
  await page.evaluate(() => {
    const get = IDBObjectStore.prototype.get;
    IDBObjectStore.prototype.get = function (...all) { // of a busy disk: many readings before it is this one's turn
      Array.from({length: 20_000}, () => get.apply(this, all));
      return get.apply(this, all);
    };
    document.querySelector('[aria-label="Good answer"]').click();
    location.reload();
  });
  await page.waitForSelector('.answer [aria-label="Good answer"][aria-pressed="true"]');
});

test('what has come of an answer is kept though the page dies', async () => {
  await ask('slow one', {wait: false});
  await page.waitForTimeout(2_500);
  const tab = await anotherTab();
  assert.match(await tab.locator('.answer').innerText(), /word40 /);
  await said(tab, 'word120 ');
  await page.press('#ask', 'Escape');
  await answered();
  const all = await lastAnswer().locator('.said').innerText();
  await tab.waitForFunction(all => document.querySelector('.answer .said').innerText === all, all);
});

test('two tabs write to one conversation, and both are kept', async () => {
  await ask('one');
  const tab = await anotherTab();
  await ask('slow two', {wait: false});
  await tab.waitForSelector('.question >> nth=1');
  await tab.locator('.answer').first().getByRole('button', {name: 'Good answer'}).click();
  await tab.locator('.question').first().getByRole('button', {name: 'Edit and resend'}).click();
  await tab.locator('.editing textarea').fill('otherwise');
  await tab.locator('.editing textarea').press('Enter');
  await said(tab, 'to: otherwise');
  await tab.waitForSelector('#send[aria-label="Send"]');
  await said(page, 'word20 ');
  await page.press('#ask', 'Escape');
  await answered();
  assert.equal(await page.locator('.question').first().locator('.count').innerText(), '1/2');
  assert.equal(await page.locator('.answer').first().getByRole('button', {name: 'Good answer'}).getAttribute('aria-pressed'), 'true');
  await page.reload();
  await said(page, 'word20 ');
  await page.locator('.question').first().getByRole('button', {name: 'Version after'}).click();
  await said(page, 'to: otherwise');
});

test('what could not be kept in the end is told', async () => {
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...all) {
      const request = put.apply(this, all);
      request.addEventListener('success', () => this.add(all[0]), {once: true}); // fails, and takes the transaction with it
      return request;
    };
  });
  await ask('one');
  await toasted('could not keep');
});

test('what is deleted in one tab comes back from no other', async () => {
  await ask('slow one', {wait: false});
  const tab = await anotherTab();
  await tab.getByRole('button', {name: 'Delete “slow one”'}).click();
  const gone = fake.gone;
  await page.waitForSelector('.welcome');
  assert.ok(fake.gone >= gone);
  await page.waitForTimeout(100);
  await page.reload();
  await page.waitForSelector('.welcome');
  assert.equal(await page.locator('.entry').count(), 0);
  await tab.locator('.toast').getByRole('button', {name: 'Undo'}).click();
  await page.waitForSelector('.entry');
});
