// Chromium with the page in it, and a service that says what the test wants: a fresh browser for each test.
import assert from 'node:assert/strict';
import {after, before, beforeEach, afterEach} from 'node:test';
import {chromium} from 'playwright-core';
import {start} from './fake.mjs';

export const MARKDOWN = `A water mill turns **falling water** into work. See [the article](https://example.org/mill).

1. Water enters through the *race*.
2. The wheel turns.

| Wheel | Efficiency |
|:--|--:|
| undershot | 22 % |
| overshot | 63 % |

\`\`\`python
def power(height, flow):
    return 1000 * 9.81 * height * flow  # watts
\`\`\`

> Much water goes by the mill that the miller knows not of.
`;

let browser;
export let fake;
export let context;
export let page;
export let problems;

export const words = text => text.match(/\s*\S+\s*|\s+$/g) ?? [''];
const lastAsked = request => request.messages.at(-1).content;

/** By what the question begins with; else the words of a short answer, different each time. */
export function script(request, index) {
  const asked = lastAsked(request);
  if (asked.startsWith('markdown')) {
    return {words: words(MARKDOWN), pause: 1};
  }
  if (asked.startsWith('slow')) {
    return {words: Array.from({length: 400}, (_, at) => `word${at} `), pause: 25};
  }
  if (asked.startsWith('say ')) {
    return {words: [asked.slice(4)]};
  }
  if (asked.startsWith('long')) {
    return {words: Array.from({length: 60}, (_, at) => `Paragraph ${at} of some words.\n\n`)};
  }
  return {words: words(`Answer ${fake.asked.length}.${index} to: ${asked}`), pause: 2};
}

before(async () => {
  fake = await start(process.env.PAGE, script);
  browser = await chromium.launch({executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage']});
});

after(async () => {
  await browser?.close();
  fake?.close();
});

beforeEach(async () => {
  fake.script = script;
  fake.rankings.length = 0;
  fake.asked.length = 0;
  fake.rankingError = null;
  fake.forgotten.clear();
  await open({});
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(problems, []);
});

export async function open(options) {
  await context?.close();
  context = await browser.newContext({viewport: {width: 1280, height: 800}, reducedMotion: 'reduce', acceptDownloads: true, ...options});
  context.setDefaultTimeout(5_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], {origin: fake.url.slice(0, -1)});
  page = await context.newPage();
  problems = [];
  page.on('pageerror', error => problems.push(`error: ${error}`));
  page.on('dialog', dialog => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', request => {
    if (!request.url().startsWith(fake.url) && !request.url().startsWith('blob:')) {
      problems.push(`left the site: ${request.url()}`);
    }
  });
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation', event =>
    console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`)));
  page.on('console', message => {
    if (message.text().startsWith('policy violated')) {
      problems.push(message.text());
    }
  });
  await page.goto(fake.url);
  await page.waitForSelector('#model option', {state: 'attached'});
}

export async function ask(text, {wait = true} = {}) {
  await page.fill('#ask', text);
  await page.press('#ask', 'Enter');
  if (wait) {
    await answered();
  }
}

export const answered = () => page.waitForSelector('#send[aria-label="Send"]').then(() => page.waitForSelector('.answer[aria-busy="false"], .comparison .side[aria-busy="false"]'));
export const button = name => page.getByRole('button', {name, exact: true});
export const lastAnswer = () => page.locator('.answer').last();
export const until = async (claim, what) => {
  for (let i = 0; i < 100; i++) {
    if (await claim()) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.fail(`within 5 s: expected ${what}`);
};
