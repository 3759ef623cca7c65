// The page in Chromium, with a service that says what the test wants.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {CORPUS, DEEP} from './corpus.mjs';
import {answered, ask, button, fake, lastAnswer, MARKDOWN, open, page, problems, script, until, words} from './stage.mjs';

test('an answer streams as Markdown, with its model, tokens and speed', async () => {
  await ask('markdown please');
  const answer = lastAnswer();
  assert.equal(await answer.locator('strong').innerText(), 'falling water');
  assert.equal(await answer.locator('a').getAttribute('rel'), 'noopener noreferrer nofollow');
  assert.equal(await answer.locator('td').nth(3).innerText(), '63 %');
  assert.match(await answer.locator('pre').innerText(), /def power/);
  assert.match(await answer.locator('.figures').innerText(), /^demo · version 3\s+·\s+\d+ tokens\s+·\s+[\d.]+ tokens\/s\s+·\s+first after [\d.]+ m?s$/);
  const {model, n, stream, store, logprobs, temperature} = fake.asked[0];
  assert.deepEqual({model, n, stream, store, logprobs, temperature}, {model: 'demo', n: 1, stream: true, store: true, logprobs: true, temperature: 1});
  assert.match(await page.locator('#speech').innerText(), /falling water/);
  await answer.getByRole('button', {name: 'Copy this code'}).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^def power/);
  await answer.getByRole('button', {name: 'Copy this answer'}).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), MARKDOWN);
});

test('an answer is stopped with what has come of it', async () => {
  await ask('slow one', {wait: false});
  await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('word3'));
  const gone = fake.gone;
  await page.press('#ask', 'Escape');
  await answered();
  assert.match(await lastAnswer().locator('.figures').innerText(), /\d+ tokens .*stopped$/);
  assert.match(await lastAnswer().locator('.said').innerText(), /^word0 word1/);
  await until(() => fake.gone > gone, 'the service to see the caller hang up');
  assert.ok(await lastAnswer().getByRole('button', {name: 'Good answer'}).isDisabled());
});

test('answers are regenerated and paged through, and thumbs make a ranking of them', async () => {
  await ask('first');
  await lastAnswer().getByRole('button', {name: 'Good answer'}).click();
  await page.waitForSelector('.toast');
  assert.equal(fake.rankings.length, 0);
  await lastAnswer().getByRole('button', {name: /^Regenerate/}).click();
  await answered();
  assert.equal(await lastAnswer().locator('.count').innerText(), '2/2');
  assert.match(await lastAnswer().locator('.said').innerText(), /^Answer 2/);
  await lastAnswer().getByRole('button', {name: 'Bad answer'}).click();
  await until(() => fake.rankings.length === 1, 'a ranking');
  const [first] = fake.rankings;
  assert.deepEqual(first.ranking, [['chatcmpl-1/0'], ['chatcmpl-2/0']]);
  assert.match(first.rater_id, /^[0-9a-f]{32}$/);
  assert.equal(first.supersedes, '');
  await page.press('body', '[');
  assert.equal(await lastAnswer().locator('.count').innerText(), '1/2');
  await lastAnswer().getByRole('button', {name: 'Bad answer'}).click();
  await until(() => fake.rankings.length === 2, 'a second ranking');
  assert.equal(fake.rankings[1].not_rankable, true);
  assert.equal(fake.rankings[1].supersedes, 'r1');
  assert.equal(fake.rankings[1].rater_id, first.rater_id);
});

test('a question is edited and sent again, and the first stays a version', async () => {
  await ask('frist');
  await page.press('#ask', 'ArrowUp');
  await page.locator('.editing textarea').fill('first');
  await page.locator('.editing textarea').press('Enter');
  await answered();
  assert.equal(await page.locator('.question .said').innerText(), 'first');
  await page.locator('.question').getByRole('button', {name: 'Version before'}).click();
  assert.equal(await page.locator('.question .said').innerText(), 'frist');
  assert.match(await lastAnswer().innerText(), /to: frist/);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Version after');
  assert.equal(fake.asked[1].messages.length, 1);
});

test('two answers are compared side by side, and the better one goes on', async () => {
  await page.fill('#ask', 'which');
  await button('Compare two answers').click();
  await page.waitForSelector('.comparison [data-verdict="left"]:enabled');
  await page.keyboard.press('2');
  assert.equal(await page.locator('.comparison').count(), 1, 'a key in the first 800 ms is no verdict');
  await page.waitForTimeout(900);
  const right = await page.locator('.side').nth(1).locator('.said').innerText();
  await page.keyboard.press('2');
  await until(() => fake.rankings.length === 1, 'a ranking');
  const [ranking] = fake.rankings;
  assert.deepEqual(ranking.ranking, [[ranking.shown_order[1]], [ranking.shown_order[0]]]);
  assert.deepEqual(ranking.shown_order.toSorted(), ['chatcmpl-1/0', 'chatcmpl-1/1']);
  assert.ok(ranking.lead_time_ms >= 800);
  assert.equal(await lastAnswer().locator('.said').innerText(), right);
  assert.equal(await lastAnswer().locator('.count').count(), 1);
  await page.keyboard.press('Escape');
  await ask('and then');
  assert.equal(fake.asked[1].messages[1].content, right);
});

test('a ranking that the log does not take is told, and tried again', async () => {
  fake.rankingError = {status: 503, error: {code: 'log_not_reachable', message: 'no broker'}};
  await page.fill('#ask', 'which');
  await button('Compare two answers').click();
  await page.waitForSelector('.comparison [data-verdict="bad"]:enabled');
  await page.waitForTimeout(900);
  await page.click('[data-verdict="bad"]');
  await page.waitForFunction(() => document.querySelector('.toast')?.textContent.includes('could not be published'));
  fake.rankingError = null;
  await page.locator('.toast').getByRole('button', {name: 'Try again'}).click();
  await until(() => fake.rankings.length === 1, 'a ranking');
  assert.equal(fake.rankings[0].not_rankable, true);
});

test('what goes wrong is said at the answer, and tried again there', async () => {
  const cases = [
    [{status: 429, error: {code: 'queue_full', message: 'queue: expected room'}}, /Too many people/],
    [{status: 400, error: {code: 'context_length_exceeded', message: 'messages: expected at most 255 tokens'}}, /too long for the model/],
    [{words: ['half '], breaks: true}, /broke in the middle|broke off/],
  ];
  for (const [said, expected] of cases) {
    fake.script = () => said;
    await ask('go');
    assert.match(await lastAnswer().locator('.failure').innerText(), expected);
  }
  fake.script = script;
  await lastAnswer().getByRole('button', {name: 'Try again'}).click();
  await answered();
  assert.match(await lastAnswer().locator('.said').innerText(), /^Answer/);
  assert.equal(await lastAnswer().locator('.count').count(), 0, 'the failed answer is no version');
});

test('conversations are kept, named, exported and deleted in this browser', async () => {
  await ask('the first conversation');
  await button('New conversation').first().click();
  await ask('the second');
  await page.reload();
  await page.waitForSelector('.answer');
  assert.deepEqual(await page.locator('.entry .name').allInnerTexts(), ['the second', 'the first conversation']);
  assert.match(await lastAnswer().innerText(), /to: the second/);
  await button('Rename “the second”').click();
  await page.keyboard.type('Second & <b>last</b>');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#title').innerText(), 'Second & <b>last</b>');
  const downloading = page.waitForEvent('download');
  await button('Export all as JSONL').click();
  const lines = (await readFile(await (await downloading).path(), 'utf8')).trim().split('\n').map(line => JSON.parse(line));
  assert.deepEqual(lines.map(line => line.title), ['Second & <b>last</b>', 'the first conversation']);
  assert.deepEqual(lines[1].messages.map(({role}) => role), ['user', 'assistant']);
  await button('Delete “Second & <b>last</b>”').click();
  assert.equal(await page.locator('#title').innerText(), 'the first conversation');
  await page.locator('.toast').getByRole('button', {name: 'Undo'}).click();
  assert.equal(await page.locator('.entry').count(), 2);
  await button('Delete “Second & <b>last</b>”').click();
  await page.reload();
  await page.waitForSelector('.answer');
  assert.equal(await page.locator('.entry').count(), 1);
});

test('a conversation that is deleted while its answer is written stays deleted', async () => {
  await ask('slow one', {wait: false});
  await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('word3'));
  const gone = fake.gone;
  await button('Delete “slow one”').click();
  await until(() => fake.gone > gone, 'the service to see the caller hang up');
  await page.waitForTimeout(100);
  assert.equal(await page.locator('.entry').count(), 0);
  await page.reload();
  await page.waitForSelector('.welcome');
  assert.equal(await page.locator('.entry').count(), 0);
});

test('while answers are written, others are not drawn again', async () => {
  fake.script = () => ({status: 429, error: {code: 'queue_full', message: 'queue: expected room'}});
  await ask('go');
  fake.script = script;
  await ask('first');
  await page.fill('#ask', 'slow which');
  await button('Compare two answers').click();
  await page.waitForFunction(() => document.querySelector('.comparison .said')?.textContent.includes('word3'));
  const asked = fake.asked.length;
  await page.locator('.answer').last().getByRole('button', {name: /^Regenerate/}).click();
  await button('Try again').click();
  assert.equal(fake.asked.length, asked);
  await page.press('#ask', 'Escape');
  await page.waitForSelector('#send[aria-label="Send"]');
  assert.equal(await page.locator('.comparison').count(), 1, 'the comparison is still open');
  assert.equal(await page.locator('.question').count(), 3);

  await button('Try again').click();
  await answered();
  assert.equal(await page.locator('.question').count(), 1);
  assert.equal(await lastAnswer().locator('.count').innerText(), '2/2', 'what was said behind the failed answer is kept');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('[');
  assert.equal(await page.locator('.question').count(), 3);
});

test('settings are checked, sent and kept for the next conversation', async () => {
  await button('Settings of this conversation').click();
  await page.getByLabel('System prompt').fill('Be brief.');
  await page.getByLabel('Temperature').fill('0.3');
  await page.getByLabel('Top-p').fill('7');
  assert.match(await page.locator('.wrong').nth(1).innerText(), /Top-p: expected a number from 0.05 to 1, got 7/);
  await page.getByLabel('Top-p').fill('0.9');
  await page.getByLabel('Top-k').fill('40');
  await page.getByLabel('Longest answer').fill('12');
  await page.getByLabel('Seed').fill('-5');
  await page.keyboard.press('Escape');
  await ask('hi');
  const {messages, temperature, top_p, top_k, max_tokens, seed} = fake.asked[0];
  assert.deepEqual({temperature, top_p, top_k, max_tokens, seed}, {temperature: 0.3, top_p: 0.9, top_k: 40, max_tokens: 12, seed: -5});
  assert.deepEqual(messages[0], {role: 'system', content: 'Be brief.'});
  await button('New conversation').first().click();
  await ask('again');
  assert.equal(fake.asked[1].temperature, 0.3);
});

test('rarer settings are sent, and what the service refuses is refused here', async () => {
  await button('Settings of this conversation').click();
  await page.getByLabel('Temperature').fill('0.005');
  assert.match(await page.locator('.wrong').first().innerText(), /Temperature: expected 0, or a number from 0.01 to 2, got 0.005/);
  await page.getByLabel('Temperature').fill('0.33');
  await page.getByText('More', {exact: true}).click();
  await page.getByLabel('Min-p').fill('0.1');
  await page.getByLabel('Repetition penalty').fill('1.2');
  await page.getByLabel('Presence penalty').fill('-0.5');
  await page.getByLabel('Frequency penalty').fill('0.5');
  await page.getByLabel('Stop texts').fill('END\n\\n\\n');
  await page.locator('#settings').getByRole('button', {name: 'Close'}).click();
  assert.ok(!await page.locator('#settings').isVisible());
  await ask('hi');
  const {temperature, min_p, repetition_penalty, presence_penalty, frequency_penalty, stop, seed} = fake.asked[0];
  assert.deepEqual({temperature, min_p, repetition_penalty, presence_penalty, frequency_penalty, stop, seed}, {
    temperature: 0.33, min_p: 0.1, repetition_penalty: 1.2, presence_penalty: -0.5, frequency_penalty: 0.5, stop: ['END', '\n\n'], seed: undefined});
  await button('Settings of this conversation').click();
  assert.equal(await page.getByLabel('Stop texts').inputValue(), 'END\n\\n\\n');
  await button('Back to the defaults').click();
  await page.keyboard.press('Escape');
  await ask('again');
  assert.ok(!('min_p' in fake.asked[1]) && !('stop' in fake.asked[1]));
});

test('single keys act outside of fields only, and can be turned off', async () => {
  await page.keyboard.type('r?n/');
  assert.equal(await page.inputValue('#ask'), 'r?n/');
  await page.fill('#ask', '');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('?');
  assert.ok(await page.locator('#help').isVisible());
  await page.getByLabel('Keys without a modifier').uncheck();
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('?');
  assert.ok(!await page.locator('#help').isVisible());
});

test('nothing that is said becomes a script (E5)', async () => {
  const check = async where => {
    const found = await page.evaluate(() => ({
      boom: window.boom === true,
      scripts: document.querySelectorAll('body script, iframe, object, embed, form form, base, svg script, #thread img[src^="http"], #thread style, #thread link').length,
      handlers: [...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames().filter(name => name.startsWith('on') || name === 'style' && element.id !== 'ask')),
      links: [...document.querySelectorAll('a[href]')].map(link => link.href).filter(href => !/^(https?|mailto):/.test(href)),
    }));
    assert.deepEqual(found, {boom: false, scripts: 0, handlers: [], links: []}, where);
  };
  for (let from = 0; from < CORPUS.length; from += 12) { // as answers, questions and titles
    await button('New conversation').first().click();
    for (const text of CORPUS.slice(from, from + 12)) {
      fake.script = () => ({words: [text]});
      await ask(text);
      await page.locator('.answer a, .answer button').last().hover();
      await check(text);
    }
  }
  fake.script = () => ({words: words(CORPUS.join('\n\n'))});
  await ask('all of them');
  await check('all in one answer, word by word');
  for (const text of CORPUS.slice(0, 8)) {
    await page.locator('.entry.current').getByRole('button', {name: /^Rename/}).click();
    await page.keyboard.insertText(text.replaceAll('\n', ' '));
    await page.keyboard.press('Enter');
    await check(`title ${text}`);
    fake.script = () => ({status: 400, error: {code: null, message: text}});
    await ask('fail');
    await check(`error ${text}`);
  }
  await page.evaluate(() => document.querySelectorAll('#thread a').forEach(link => link.removeAttribute('target')));
  fake.models = [{id: CORPUS[0], version: 1}, {id: CORPUS[21], version: 2}];
  await page.reload();
  await page.waitForSelector('.question');
  await check('after a reload, with names of models');
  fake.models = [{id: 'demo', version: 3}];
  const own = await page.evaluate(() => {
    try {
      document.createElement('div').innerHTML = '<b>x</b>';
      return 'taken';
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(own, 'TypeError', 'the policy forbids markup from text');
  await until(() => problems.pop()?.startsWith('policy violated: require-trusted-types-for'), 'the violation to be told');
});

test('an answer of any depth is shown at once', async () => {
  for (const text of DEEP) {
    fake.script = () => ({words: [text]});
    const start = performance.now();
    await ask('deep');
    assert.ok(performance.now() - start < 3_000, `${text.slice(0, 20)} took ${performance.now() - start} ms`);
    await button('New conversation').first().click();
    await page.locator('.entry .name').first().click();
    assert.ok((await lastAnswer().locator('.said').innerText()).length > 0);
  }
});

test('readers who scroll up are left where they are', async () => {
  await ask('long one');
  await page.locator('#thread').evaluate(thread => thread.scrollTo(0, 100));
  await page.waitForSelector('#latest:visible');
  await ask('slow one', {wait: false});
  await page.waitForFunction(() => document.querySelectorAll('.answer').length === 2);
  await page.locator('#thread').evaluate(thread => thread.scrollTo(0, 100));
  await page.waitForTimeout(200);
  assert.equal(await page.locator('#thread').evaluate(thread => thread.scrollTop), 100);
  await button('Latest').click();
  assert.ok(await page.locator('#thread').evaluate(thread => thread.scrollTop > 500));
  await page.press('#ask', 'Escape');
  await answered();
});

test('it says when no model is served, and notices one', async () => {
  const models = fake.models;
  fake.models = [];
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#notice').textContent.includes('No model has been published yet'));
  fake.models = models;
  await page.waitForSelector('#notice', {state: 'hidden'});
});

const AXE = join(process.cwd(), 'node_modules/axe-core/axe.min.js');

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** WCAG 2.2 AA as far as a program can tell, and no scrolling sideways. */
async function inspect(name, rules = [...WCAG, 'best-practice']) {
  await page.screenshot({path: join(process.env.SCREENSHOTS, `${name}.png`)});
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${name} scrolls sideways`);
  const thread = await page.locator('#thread').evaluate(element => element.scrollWidth - element.clientWidth);
  assert.equal(thread, 0, `${name}: the thread scrolls sideways`);
  await page.evaluate(await readFile(AXE, 'utf8'));
  const violations = await page.evaluate(rules => window.axe
    .run(document, {runOnly: rules})
    .then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes.map(node => `${node.target} ${node.failureSummary}`).join(' | ')}`)), rules);
  assert.deepEqual(violations, [], name);
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 800, 1440]) {
    test(`it is sound at ${width} px, ${colorScheme}`, async () => {
      await open({viewport: {width, height: width === 360 ? 720 : 900}, colorScheme});
      const shot = name => `${name}-${width}-${colorScheme}`;
      await inspect(shot('empty'));
      await ask('What is the shortest way to say how a water mill turns the weight of falling water into useful work?');
      await ask('markdown please');
      await lastAnswer().getByRole('button', {name: 'Good answer'}).click();
      await inspect(shot('answer'));
      fake.script = () => ({status: 429, error: {code: 'queue_full', message: 'queue: expected room for 1 answer, got 256 of 256'}});
      await ask('one more');
      await inspect(shot('failure'));
      fake.script = (request, index) => ({words: words(`The ${index === 0 ? 'overshot' : 'undershot'} wheel, since ${MARKDOWN.slice(0, 79)}`)});
      await page.fill('#ask', 'Which wheel is better?');
      await button('Compare two answers').click();
      await page.waitForSelector('.comparison [data-verdict="left"]:enabled');
      await inspect(shot('comparison'));
      if (width < 896) {
        await page.locator('#sidebar-open').click();
        await page.waitForTimeout(50);
        await inspect(shot('sidebar'), WCAG); // the main landmark is out of reach meanwhile, as it should be
        await page.keyboard.press('Escape');
      }
      await button('Settings of this conversation').click();
      await inspect(shot('settings'));
      await page.getByText('More', {exact: true}).click();
      await page.getByText('Back to the defaults').scrollIntoViewIfNeeded();
      await inspect(shot('settings-more'));
      await page.keyboard.press('Escape');
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press('?');
      await inspect(shot('help'));
      await page.keyboard.press('Escape');
    });
  }
}
