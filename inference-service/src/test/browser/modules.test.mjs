// What needs no browser.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {join} from 'node:path';

const module = name => import(pathToFileURL(join(process.env.PAGE, 'META-INF/resources/chat', name)));
const chat = await module('conversation.js');
const {exported, imported} = await module('jsonl.js');
const {merge} = await module('merging.js');
const {eventsOf} = await module('sse.js');

const settings = {...chat.DEFAULTS, model: 'demo', system: 'Be brief.'};
const whole = (text, answer, more = {}) => ({role: 'assistant', text, state: 'whole', answer, model: 'demo', system: '', ...more});

test('events are found wherever the bytes are cut', async () => {
  const bytes = new TextEncoder().encode('data: {"a":"ü"}\r\n\r\n: remark\ndata:one\ndata: two\n\nid: 7\n\ndata: unfinished');
  for (let cut = 1; cut < bytes.length; cut++) {
    const found = [];
    for await (const event of eventsOf(new Blob([bytes.slice(0, cut), bytes.slice(cut)]).stream())) {
      found.push(event);
    }
    assert.deepEqual(found, ['{"a":"ü"}', 'one\ntwo']);
    const pieces = new ReadableStream({start(controller) {
      controller.enqueue(bytes.slice(0, cut));
      controller.enqueue(bytes.slice(cut));
      controller.close();
    }});
    const again = [];
    for await (const event of eventsOf(pieces)) {
      again.push(event);
    }
    assert.deepEqual(again, found);
  }
});

test('an edited question and a second answer are versions, and the chosen ones are what is asked with', () => {
  const conversation = chat.begin(settings);
  const first = chat.add(conversation, null, {role: 'user', text: 'one?'});
  const answer = chat.add(conversation, first, whole('1', 'a/0'));
  const second = chat.add(conversation, first, whole('I', 'b/0'));
  const edited = chat.add(conversation, null, {role: 'user', text: 'two?'});

  assert.deepEqual(chat.path(conversation), [edited]);
  assert.deepEqual(chat.siblings(conversation, answer), [answer, second]);
  chat.choose(conversation, first);
  chat.choose(conversation, answer);
  assert.deepEqual(chat.path(conversation), [first, answer]);
  const next = chat.add(conversation, answer, {role: 'user', text: 'and?'});
  assert.deepEqual(chat.request(conversation, next, 2), {
    model: 'demo', n: 2, temperature: 1, top_p: 1, top_k: 0,
    messages: [
      {role: 'system', content: 'Be brief.'}, {role: 'user', content: 'one?'},
      {role: 'assistant', content: '1'}, {role: 'user', content: 'and?'}],
  });
  assert.equal(JSON.parse(exported(conversation)).messages.length, 4);
});

test('an answer without a word is not sent, and one that a closed tab left is stopped', () => {
  const conversation = chat.begin({...settings, system: ' '});
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  const empty = chat.add(conversation, asked, {role: 'assistant', text: '', state: 'writing'});
  const next = chat.add(conversation, empty, {role: 'user', text: 'hello?'});

  assert.deepEqual(chat.request(chat.settle(conversation), next, 1).messages, [
    {role: 'user', content: 'one?'}, {role: 'user', content: 'hello?'}]);
  assert.equal(empty.state, 'stopped');
});

test('thumbs order the versions of an answer', () => {
  const conversation = chat.begin(settings);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  const a = chat.add(conversation, asked, whole('1', 'a/0', {thumb: 'up'}));
  assert.equal(chat.rankingOfThumbs(conversation, a), null);

  const b = chat.add(conversation, asked, whole('2', 'b/0'));
  assert.deepEqual(chat.rankingOfThumbs(conversation, a), {shown_order: ['a/0', 'b/0'], ranking: [['a/0'], ['b/0']]});
  const c = chat.add(conversation, asked, whole('3', 'c/0', {thumb: 'down'}));
  assert.deepEqual(chat.rankingOfThumbs(conversation, c).ranking, [['a/0'], ['b/0'], ['c/0']]);
  a.thumb = 'down';
  b.thumb = 'down';
  assert.deepEqual(chat.rankingOfThumbs(conversation, c), {shown_order: ['a/0', 'b/0', 'c/0'], not_rankable: true});
});

test('what cannot be compared is left out', () => {
  const conversation = chat.begin(settings);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  const a = chat.add(conversation, asked, whole('1', 'a/0', {thumb: 'up'}));
  chat.add(conversation, asked, whole('1', 'b/0'));
  chat.add(conversation, asked, whole('2', undefined, {state: 'stopped'}));
  chat.add(conversation, asked, whole('3', 'd/0', {model: 'other'}));
  chat.add(conversation, asked, whole('4', 'e/0', {system: 'Shout.'}));
  assert.equal(chat.rankingOfThumbs(conversation, a), null);

  const f = chat.add(conversation, asked, whole('5', 'f/0', {model: 'other', thumb: 'up'}));
  assert.deepEqual(chat.rankingOfThumbs(conversation, f).shown_order, ['d/0', 'f/0']);
});

test('the lot decides which answer stands left, and the better one goes on', () => {
  for (const [lot, swapped] of [[0.2, false], [0.8, true]]) {
    const conversation = chat.begin(settings);
    const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
    const {pair, nodes} = chat.addPair(conversation, asked, {role: 'assistant', text: ''}, 1, lot);
    assert.deepEqual(pair.nodes, (swapped ? [nodes[1], nodes[0]] : nodes).map(node => node.id));
    assert.equal(chat.openPair(conversation, nodes[1]), pair);
    chat.judge(conversation, pair, 'right');
    assert.equal(chat.path(conversation)[1].id, pair.nodes[1]);
    assert.equal(chat.openPair(conversation, nodes[1]), null);
  }
  const pair = [{answer: 'a/1'}, {answer: 'a/0'}];
  assert.deepEqual(chat.rankingOfPair(pair, 'right'), {shown_order: ['a/1', 'a/0'], ranking: [['a/0'], ['a/1']]});
  assert.deepEqual(chat.rankingOfPair(pair, 'tie').ranking, [['a/1', 'a/0']]);
  assert.equal(chat.rankingOfPair(pair, 'bad').not_rankable, true);
});

test('a comparison is thought over again, and skipping it then changes nothing', () => {
  const conversation = chat.begin(settings);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  const {pair, nodes} = chat.addPair(conversation, asked, {role: 'assistant', text: ''}, 1, 0);
  chat.judge(conversation, pair, 'right');
  chat.reopen(pair);
  assert.equal(chat.openPair(conversation, nodes[0]), pair);
  chat.judge(conversation, pair, 'skip');
  assert.equal(pair.verdict, 'right');
  assert.equal(chat.path(conversation)[1], nodes[1]);
});

test('a ranking replaces the last one that compares two of the same answers', () => {
  const conversation = chat.begin(settings);
  conversation.rankings = {
    pair: {answers: ['a', 'b'], at: 1}, thumbs: {answers: ['a', 'b', 'c'], at: 3}, other: {answers: ['c', 'd'], at: 2}, old: 'r0',
  };
  assert.equal(chat.superseded(conversation, ['b', 'a']), 'thumbs');
  assert.equal(chat.superseded(conversation, ['d', 'c']), 'other');
  assert.equal(chat.superseded(conversation, ['a', 'd']), '');
});

test('an answer that the service forgot is ranked no more', () => {
  const conversation = chat.begin(settings);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  chat.add(conversation, asked, whole('1', 'a/0'));
  chat.add(conversation, asked, whole('2', 'b/0', {thumb: 'up'}));
  const c = chat.add(conversation, asked, whole('3', 'c/0'));
  assert.equal(chat.forget(conversation, 'a/0'), true);
  assert.deepEqual(chat.rankingOfThumbs(conversation, c), {shown_order: ['b/0', 'c/0'], ranking: [['b/0'], ['c/0']]});
  assert.equal(chat.forget(conversation, 'a/0'), false);
});

test('what is left at its default is not sent, and settings of older conversations are complete', () => {
  const {min_p, stop, ...older} = settings;
  const conversation = chat.begin(settings);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  conversation.settings = {...older, seed: 0, frequency_penalty: 0.5};
  const {messages, ...rest} = chat.request(conversation, asked, 1);
  assert.deepEqual(rest, {model: 'demo', n: 1, temperature: 1, top_p: 1, top_k: 0, seed: 0, frequency_penalty: 0.5});
  conversation.settings = {...settings, stop: ['\n\n'], min_p: 0.1};
  assert.deepEqual(chat.request(conversation, asked, 1).stop, ['\n\n']);
  assert.equal(chat.request(conversation, asked, 1).min_p, 0.1);
});

test('what two tabs write is one conversation', () => {
  const mine = chat.begin(settings, 1);
  const asked = chat.add(mine, null, {role: 'user', text: 'one?'}, 1);
  const first = chat.add(mine, asked, whole('1', 'a/0'), 2);
  const failed = chat.add(mine, asked, {role: 'assistant', text: '', state: 'failed'}, 3);
  chat.choose(mine, first);
  const writing = chat.add(mine, first, {role: 'assistant', text: 'half', state: 'writing'}, 5);
  const base = structuredClone(mine);
  const theirs = structuredClone(mine);
  writing.text = 'half and more';
  first.thumb = 'up';
  mine.title = 'Mine';
  mine.rankings.r1 = {answers: ['a/0', 'b/0'], at: 1};
  theirs.nodes[writing.id].state = 'stopped';
  theirs.title = 'Theirs';
  theirs.settings.temperature = 0;
  theirs.rankings.r2 = {answers: ['c/0', 'd/0'], at: 2};
  chat.remove(theirs, theirs.nodes[failed.id]);
  const second = chat.add(theirs, asked, whole('2', 'x/0'), 4);
  const next = chat.add(theirs, second, {role: 'user', text: 'and?'}, 6);

  merge(base, mine, theirs);

  assert.deepEqual(chat.children(mine, asked.id), [{...whole('1', 'a/0'), ...first, thumb: 'up'}, second]);
  assert.equal(mine.nodes[writing.id], writing);
  assert.deepEqual([writing.state, writing.text], ['writing', 'half and more']);
  assert.deepEqual(chat.path(mine), [asked, first, writing], 'nobody is led away from what they read');
  chat.choose(mine, second);
  assert.deepEqual(chat.path(mine), [asked, second, next]);
  assert.deepEqual([mine.title, mine.settings.temperature, Object.keys(mine.rankings)], ['Mine', 0, ['r1', 'r2']]);
});

test('an answer that another tab removed makes room for the one that came instead', () => {
  const mine = chat.begin(settings, 1);
  const asked = chat.add(mine, null, {role: 'user', text: 'one?'}, 1);
  const failed = chat.add(mine, asked, {role: 'assistant', text: '', state: 'failed'}, 2);
  const base = structuredClone(mine);
  const theirs = structuredClone(mine);
  chat.remove(theirs, theirs.nodes[failed.id]);
  const again = chat.add(theirs, asked, whole('1', 'a/0'), 3);

  merge(base, mine, theirs);

  assert.deepEqual(chat.path(mine), [asked, again]);
});

test('what is exported is imported', () => {
  const conversation = chat.begin({...settings, stop: ['END'], top_k: 7}, 1_000);
  const asked = chat.add(conversation, null, {role: 'user', text: 'one?'});
  chat.add(conversation, asked, whole('1', 'a/0'));
  const again = imported(exported(conversation));
  assert.equal(exported(again), exported(conversation));
  assert.deepEqual(again.settings, conversation.settings);
  assert.equal(chat.rankingOfThumbs(again, chat.path(again)[1]), null);
  for (const line of ['null', '{}', '{"messages":[]}', '{"messages":[{"role":"tool","content":"x"}]}', '{"messages":[{"role":"user","content":7}]}', 'x']) {
    assert.throws(() => imported(line), line);
  }
  const foreign = imported('{"id":"\\"]","settings":{"temperature":"hot","seed":4,"stop":"x"},"messages":[{"role":"user","content":"hi"}]}');
  assert.match(foreign.id, /^[0-9a-f]{32}$/);
  assert.deepEqual(foreign.settings, {...chat.DEFAULTS, seed: 4});
});

test('a conversation is called by its first question until somebody names it', () => {
  const conversation = chat.begin(settings);
  assert.equal(chat.titleOf(conversation), 'New conversation');
  chat.add(conversation, null, {role: 'user', text: `  why\n${'so '.repeat(40)}`});
  assert.match(chat.titleOf(conversation), /^why so .{1,60}…$/);
  conversation.title = 'Named';
  assert.equal(chat.titleOf(conversation), 'Named');
});
