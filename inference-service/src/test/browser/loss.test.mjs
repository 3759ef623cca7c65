// Nothing that was written is lost, and nothing is sent or published that nobody meant.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readFile} from 'node:fs/promises';
import {answered, ask, button, context, fake, lastAnswer, open, page, script, until} from './stage.mjs';

const draft = () => page.locator('.editing textarea');
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
const said = (on, text) => on.waitForFunction(text => document.querySelector('#thread').textContent.includes(text), text);
const toasted = text => page.waitForFunction(text => document.querySelector('.toast')?.textContent.includes(text), text);

async function anotherTab() {
  const tab = await context.newPage();
  await tab.goto(fake.url);
  await tab.waitForSelector('#model option', {state: 'attached'});
  return tab;
}

async function compare(question) {
  await page.fill('#ask', question);
  await button('Compare two answers').click();
  await page.waitForSelector('.comparison [data-verdict="left"]:enabled');
  await page.waitForTimeout(850);
}

test('a half-typed question outlives whatever is drawn anew, and is sent though an answer is being written', async () => {
  await ask('frist');
  await ask('slow second', {wait: false});
  await said(page, 'word3');
  await page.locator('.question').first().getByRole('button', {name: 'Edit and resend'}).click();
  await draft().fill('first of all');
  await draft().evaluate(field => field.setSelectionRange(2, 5));
  const tab = await anotherTab();
  await tab.getByRole('button', {name: 'Rename “frist”'}).click();
  await tab.keyboard.type('Named there');
  await tab.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#title').textContent === 'Named there');
  await page.locator('.answer').first().getByRole('button', {name: 'Good answer'}).evaluate(thumb => thumb.click());
  assert.deepEqual(await draft().evaluate(field => [field.value, field.selectionStart, field.selectionEnd, document.activeElement === field]),
    ['first of all', 2, 5, true]);
  assert.equal(await page.locator('#send').getAttribute('aria-label'), 'Stop the answer');
  const gone = fake.gone;
  await page.locator('.editing').getByRole('button', {name: 'Send'}).evaluate(send => {
    send.click();
    send.click();
  });
  await said(page, 'to: first of all');
  assert.equal(fake.asked.length, 3);
  assert.equal(fake.gone, gone + 1, 'the answer that nobody waits for is stopped');
  assert.equal(await focused(), 'ask');
});

test('a name that is half typed outlives it as well', async () => {
  await ask('one');
  const tab = await anotherTab();
  await button('Rename “one”').click();
  await page.keyboard.type('Hal');
  await tab.fill('#ask', 'two');
  await tab.press('#ask', 'Enter');
  await said(page, 'to: two');
  await page.keyboard.type('f');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#title').innerText(), 'Half');
});

test('the focus is where the next key is expected', async () => {
  await ask('one');
  await lastAnswer().getByRole('button', {name: /^Regenerate/}).click();
  assert.equal(await focused(), 'ask');
  await answered();
  await lastAnswer().getByRole('button', {name: 'Copy this answer'}).focus();
  const tab = await anotherTab();
  await tab.fill('#ask', 'two');
  await tab.press('#ask', 'Enter');
  await said(page, 'to: two');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Copy this answer');
  await compare('which');
  assert.equal(await focused(), 'comparison');
  fake.script = () => ({status: 429, error: {code: 'queue_full', message: 'queue: expected room'}});
  await ask('fail');
  assert.equal(await page.locator('[role="alert"]').count(), 0);
  assert.equal(await page.locator('#speech').getByText('Too many people').count(), 1);
  fake.script = script;
  await button('Try again').click();
  assert.equal(await focused(), 'ask');
});

test('keys are verdicts within the comparison only, and a verdict can be changed', async () => {
  await compare('which');
  await page.evaluate(() => document.activeElement.blur());
  for (const key of '120=s') {
    await page.keyboard.press(key);
  }
  assert.equal(await page.locator('.comparison').count(), 1);
  await page.locator('.comparison').focus();
  await page.keyboard.press('1');
  await toasted('published as a ranking');
  const [first] = fake.rankings;
  await page.locator('.toast').getByRole('button', {name: 'Change'}).click();
  assert.equal(await focused(), 'comparison');
  await page.keyboard.press('2');
  await until(() => fake.rankings.length === 2, 'a second ranking');
  assert.deepEqual(fake.rankings[1].shown_order, first.shown_order);
  assert.deepEqual(fake.rankings[1].ranking, first.ranking.toReversed());
  assert.equal(fake.rankings[1].supersedes, 'r1');

  await toasted('published as a ranking');
  await lastAnswer().getByRole('button', {name: 'Bad answer'}).click();
  await until(() => fake.rankings.length === 3, 'a ranking by thumbs');
  assert.equal(fake.rankings[2].supersedes, 'r2', 'thumbs at the same answers replace the verdict');
});

test('answers that the service has forgotten are left out of a ranking', async () => {
  await ask('one');
  const regenerate = async () => {
    await lastAnswer().getByRole('button', {name: /^Regenerate/}).click();
    await answered();
  };
  await regenerate();
  ['chatcmpl-1/0', 'chatcmpl-2/0'].forEach(answer => fake.forgotten.add(answer));
  await lastAnswer().getByRole('button', {name: 'Good answer'}).click();
  await toasted('no longer remembers');
  assert.equal(await page.locator('.toast button').count(), 0, 'trying again is of no use');
  await regenerate();
  await lastAnswer().getByRole('button', {name: 'Good answer'}).click();
  await toasted('no longer remembers');
  await page.keyboard.press('[');
  assert.ok(await lastAnswer().getByRole('button', {name: 'Good answer'}).isDisabled());
  await page.keyboard.press(']');
  await regenerate();
  await lastAnswer().getByRole('button', {name: 'Bad answer'}).click();
  await until(() => fake.rankings.length === 1, 'a ranking of the rest');
  assert.deepEqual(fake.rankings[0].ranking, [['chatcmpl-3/0'], ['chatcmpl-4/0']]);
});

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

test('the button that sends is not pressed twice by one hand', async () => {
  await page.fill('#ask', 'slow one');
  await page.locator('#send').dblclick();
  await said(page, 'word3');
  assert.equal(await page.locator('#send').getAttribute('aria-label'), 'Stop the answer');
  await page.waitForTimeout(500);
  await page.fill('#ask', 'a draft');
  await page.locator('#send').dblclick();
  await answered();
  assert.equal(await page.inputValue('#ask'), 'a draft');
  assert.equal(fake.asked.length, 1);
  await page.waitForTimeout(500);
  await page.locator('#send').click();
  await until(() => fake.asked.length === 2, 'the draft to be sent');
});

test('keys of an input method are its own', async () => {
  await page.fill('#ask', 'にほんご');
  await page.locator('#ask').evaluate(field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true})));
  assert.equal(await page.inputValue('#ask'), 'にほんご');
  await page.press('#ask', 'Alt+n');
  assert.equal(await page.locator('.entry').count(), 0);
  await ask('one');
  await page.evaluate(() => Object.defineProperty(navigator, 'platform', {value: 'MacIntel'}));
  await page.press('#ask', 'Alt+n');
  assert.equal(await page.locator('.answer').count(), 1, 'on a Mac this begins an ñ');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('c');
  await toasted('Copied.');
  await page.keyboard.press('Alt+n');
  await page.waitForSelector('.welcome');
});

test('under a finger Enter begins a new line', async () => {
  await open({hasTouch: true, isMobile: true, viewport: {width: 360, height: 720}});
  await page.fill('#ask', 'one');
  await page.press('#ask', 'Enter');
  await page.keyboard.type('two');
  assert.equal(await page.inputValue('#ask'), 'one\ntwo');
  await page.locator('#send').tap();
  await answered();
  assert.equal(fake.asked[0].messages[0].content, 'one\ntwo');
  await page.locator('.question').getByRole('button', {name: 'Edit and resend'}).tap();
  await draft().press('Enter');
  assert.equal(fake.asked.length, 1);
});

test('the drawer takes the focus though it moves', async () => {
  await open({viewport: {width: 800, height: 900}, reducedMotion: 'no-preference'});
  await page.locator('#sidebar-open').click();
  assert.equal(await focused(), 'sidebar-close');
  await page.waitForTimeout(300);
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'sidebar-open');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('#sidebar')).visibility === 'hidden');
});

test('a chosen model is remembered, and nobody’s choice is the first of the list', async () => {
  fake.models = [{id: 'zeta', version: 1}, {id: 'alpha', version: 2}];
  try {
    await page.reload();
    await page.waitForSelector('#model option', {state: 'attached'});
    assert.equal(await page.inputValue('#model'), 'zeta');
    await ask('one');
    fake.models.reverse();
    await page.evaluate(() => localStorage.removeItem('current'));
    await page.reload();
    await page.waitForSelector('#model option', {state: 'attached'});
    assert.equal(await page.inputValue('#model'), 'alpha');
    await page.selectOption('#model', 'zeta');
    await page.reload();
    await page.waitForSelector('#model option', {state: 'attached'});
    assert.equal(await page.inputValue('#model'), 'zeta');
    fake.models = [{id: 'alpha', version: 2}];
    await page.reload();
    await page.waitForSelector('#model option', {state: 'attached'});
    assert.equal(await page.inputValue('#model'), 'alpha', 'one that is gone is no choice');
  } finally {
    fake.models = [{id: 'demo', version: 3}];
  }
});

test('what is exported is imported elsewhere', async () => {
  await ask('first');
  await ask('second');
  const downloading = page.waitForEvent('download');
  await button('Export all as JSONL').click();
  const file = await readFile(await (await downloading).path());
  const upload = buffer => page.setInputFiles('#import-file', {name: 'x.jsonl', mimeType: 'application/jsonl', buffer});
  await upload(file);
  await toasted('Imported: 0. Here already: 1.');
  await open({});
  await upload(Buffer.concat([file, Buffer.from('nonsense\n')]));
  await toasted('Imported: 1. Lines without a conversation: 1.');
  await page.locator('.entry .name').click();
  await said(page, 'to: second');
  await page.reload();
  await said(page, 'to: second');
  await ask('third');
  assert.equal(fake.asked.at(-1).messages.length, 5);
});
