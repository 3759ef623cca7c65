// The page: what can be done, and what is shown when it has been done.

import './appearance.js';
import {byId, el, fill, keepingFocus, picture, touched} from './dom.js';
import {Archive, pocket} from './archive.js';
import * as chat from './conversation.js';
import {comparison, tooSoon, verdictOf} from './comparison.js';
import {closeDrawer} from './drawer.js';
import {drawAnswers} from './drawing.js';
import {download, fileName, upload} from './files.js';
import {composing, fillHelp, listen, sends} from './keys.js';
import {answer, body, editor, figures, question} from './message.js';
import {followModels, showModels} from './picker.js';
import {publish} from './rankings.js';
import {remember, remembered, rememberModel, showSettings} from './settings.js';
import {showList} from './sidebar.js';
import * as speech from './speech.js';
import {clearToast, toast} from './toast.js';

/** How much of an answer may be lost with the page, in milliseconds. */
const SAVE_EVERY = 2_000;

/** Whoever presses the button so soon after it became another one means the one that it was, in milliseconds. */
const SECOND_CLICK = 500;

const archive = await Archive.read();
const thread = byId('thread');
const askField = byId('ask');

/** What is being drawn, by the conversation's id: `{controller, nodes, ended}`, the last a promise. */
const drawings = new Map();

/** When both answers of a comparison stood, on the page's clock. */
const stood = new Map();

let current = archive.get(pocket.get('current')) ?? chat.begin(remembered());

/** The question that is being changed, `{id, element}`: the element holds the draft, and is kept whatever is drawn anew. */
let editing = null;
let renaming = null;
let pinned = true;

/** When the button that sends became the one that stops, or the other way round. */
let switched = -Infinity;

// --- what can be done ---------------------------------------------------------------------------------------------

function open(conversation) {
  current = conversation;
  editing = null;
  pinned = true;
  pocket.set('current', conversation.id);
  closeDrawer();
  show();
  askField.focus({preventScroll: true});
}

function beginNew() {
  open(Object.keys(current.nodes).length === 0 ? current : chat.begin({...remembered(), model: current.settings.model}));
}

function send(count) {
  const text = askField.value.trim();
  if (drawings.has(current.id)) {
    return;
  }
  if (text === '') {
    const last = chat.path(current).findLast(node => node.role === 'user');
    if (count === 2 && last) {
      answerTo(last, count);
    }
    return;
  }
  askField.value = '';
  skipOpenPairs();
  answerTo(chat.add(current, chat.path(current).at(-1) ?? null, {role: 'user', text}), count);
}

/** Whoever goes on without a verdict has none. */
function skipOpenPairs() {
  for (const node of chat.path(current)) {
    const pair = chat.openPair(current, node);
    if (pair) {
      chat.judge(current, pair, 'skip');
    }
  }
}

async function answerTo(asked, count = 1) {
  const conversation = current;
  if (drawings.has(conversation.id)) {
    return;
  }
  const blank = {role: 'assistant', text: '', state: 'writing', tokens: 0, system: conversation.settings.system};
  const {pair, nodes} = count === 2
    ? chat.addPair(conversation, asked, blank)
    : {pair: null, nodes: [chat.add(conversation, asked, blank)]};
  const controller = new AbortController();
  const ended = Promise.withResolvers();
  drawings.set(conversation.id, {controller, nodes, ended: ended.promise});
  pinned = true;
  clearToast();
  remember(conversation.settings);
  pocket.set('current', conversation.id);
  keep(conversation);
  show();
  focusAfter(pair);
  let saved = performance.now();
  await drawAnswers(conversation, asked, nodes, controller.signal, text => {
    if (performance.now() - saved > SAVE_EVERY) {
      saved = performance.now();
      keepOn(conversation);
    }
    if (conversation === current) {
      if (count === 1) {
        speech.hear(text);
      }
      growSoon();
    }
  });
  drawings.delete(conversation.id);
  ended.resolve();
  if (pair) {
    stood.set(pair.id, performance.now());
  }
  keepOn(conversation);
  if (conversation === current) {
    speech.end(nodes[0].state === 'failed' ? nodes[0].error.message : pair ? 'Both answers are there.' : '');
    show();
  } else {
    showSidebar();
  }
}

/** The button that was pressed is gone, or does something else now: keys are not to fall where nobody looks. */
function focusAfter(pair) {
  if (pair) {
    focusOn(`[data-pair="${pair.id}"]`);
  } else if (document.activeElement === document.body) {
    (touched() ? thread : askField).focus({preventScroll: true}); // a keyboard on the screen would hide the answer
  }
}

function stop() {
  drawings.get(current.id)?.controller.abort();
}

function rename(conversation, name) {
  renaming = null;
  if (name !== null) {
    conversation.title = name.trim();
    keep(conversation);
  }
  show();
}

function removeConversation(conversation) {
  drawings.get(conversation.id)?.controller.abort();
  archive.remove(conversation.id).catch(cannotKeep);
  if (conversation === current) {
    open(archive.all()[0] ?? chat.begin(remembered()));
  } else {
    show();
  }
  toast(`Deleted “${chat.titleOf(conversation)}”.`, {label: 'Undo', act: () => {
    archive.put(conversation).catch(cannotKeep);
    open(conversation);
  }});
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast('The browser does not let this page copy; it must come by https or from this machine.');
    return;
  }
  if (!button) {
    toast('Copied.');
    return;
  }
  speech.say('Copied.');
  button.replaceChildren(picture('done'));
  setTimeout(() => button.replaceChildren(picture('copy')), 1_500);
}

/** Thumbs at the versions of an answer order them; see rankingOfThumbs. */
function thumb(node, value) {
  const conversation = current;
  node.thumb = node.thumb === value ? undefined : value;
  keep(conversation);
  show();
  const ranking = chat.rankingOfThumbs(conversation, node);
  if (ranking) {
    publish(conversation, ranking, node.last, {
      changed: () => changed(conversation), again: () => chat.rankingOfThumbs(conversation, node)});
  } else if (node.thumb) {
    toast('Kept here. Two versions of an answer make a ranking to learn from.',
      {label: 'Regenerate', act: () => conversation === current && acts.regenerate(node)});
  }
}

function judge(pair, verdict) {
  const conversation = current;
  const nodes = pair.nodes.map(id => conversation.nodes[id]);
  if (pair.verdict !== null || drawings.has(conversation.id) || tooSoon(stood.get(pair.id) ?? -Infinity)) {
    return;
  }
  const ranked = verdict !== 'skip' && nodes.every(node => node.state === 'whole' && node.answer) && nodes[0].text !== nodes[1].text;
  chat.judge(conversation, pair, ranked ? verdict : 'skip');
  keep(conversation);
  show();
  askField.focus({preventScroll: true});
  if (ranked) {
    publish(conversation, chat.rankingOfPair(nodes, verdict), Math.max(...nodes.map(node => node.last)), {
      changed: () => changed(conversation), change: {label: 'Change', act: () => reconsider(conversation, pair.id)}});
  }
}

function reconsider(conversation, id) {
  if (!archive.get(conversation.id) || drawings.has(conversation.id)) {
    return;
  }
  const pair = conversation.pairs[id];
  chat.reopen(pair);
  chat.choose(conversation, conversation.nodes[pair.nodes[0]]);
  if (conversation !== current) {
    open(conversation);
  }
  changed(conversation);
  focusAfter(pair);
}

function changed(conversation) {
  keepOn(conversation);
  if (conversation === current) {
    show();
  }
}

/** One that was deleted meanwhile stays so. */
function keepOn(conversation) {
  if (archive.get(conversation.id)) {
    keep(conversation);
  }
}

function keep(conversation) {
  archive.save(conversation).catch(cannotKeep);
}

function cannotKeep(error) {
  console.error(error);
  toast('The browser could not keep this conversation: its storage may be full.');
}

const acts = {
  copy, thumb, judge,
  open: id => open(archive.get(id)),
  rename: id => {
    renaming = id;
    showSidebar();
  },
  name: rename,
  exportOne: conversation => download(`${fileName(chat.titleOf(conversation))}.jsonl`, [conversation]),
  remove: removeConversation,
  edit: node => {
    if (editing?.id !== node?.id) {
      editing = node && {id: node.id, element: editor(node, acts)};
    }
    show();
    const field = thread.querySelector('.editing textarea');
    (field ?? askField).focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  },
  resend: async (node, text) => {
    const conversation = current;
    stop(); // whoever asks otherwise does not wait for the answer
    await drawings.get(conversation.id)?.ended;
    if (conversation === current && editing?.id === node.id) {
      editing = null;
      answerTo(chat.add(current, current.nodes[node.parent] ?? null, {role: 'user', text: text.trim()}));
    }
  },
  regenerate: node => {
    if (!drawings.has(current.id)) {
      skipOpenPairs();
      answerTo(current.nodes[node.parent]);
    }
  },
  retry: node => {
    if (drawings.has(current.id)) {
      return;
    }
    const pair = chat.openPair(current, node);
    const failed = pair ? pair.nodes.map(id => current.nodes[id]) : [node];
    failed.filter(one => chat.children(current, one.id).length === 0).forEach(one => chat.remove(current, one));
    answerTo(current.nodes[node.parent], failed.length);
  },
  choose: node => {
    if (!node || drawings.has(current.id)) {
      return;
    }
    const act = document.activeElement?.dataset.act ?? 'after';
    chat.choose(current, node);
    keep(current);
    show();
    focusOn(`[data-node="${node.id}"] [data-act="${act}"]:enabled, [data-node="${node.id}"] .pager button:enabled`);
  },
};

const focusOn = selector => thread.querySelector(selector)?.focus();

// --- what is shown ------------------------------------------------------------------------------------------------

function show() {
  keepingFocus(() => {
    showList(archive.all(), current.id, renaming, acts);
    showThread();
  });
  const title = chat.titleOf(current);
  byId('title').textContent = title;
  document.title = Object.keys(current.nodes).length === 0 ? 'Millrace' : `${title} – Millrace`;
  showSend(drawings.has(current.id));
  showModels(current);
  fitField();
}

function showSend(drawing) {
  const button = byId('send');
  const label = drawing ? 'Stop the answer' : 'Send';
  if (button.getAttribute('aria-label') !== label) {
    switched = button.hasAttribute('aria-label') ? performance.now() : switched;
    button.replaceChildren(picture(drawing ? 'stop' : 'send'));
    button.setAttribute('aria-label', label);
    button.title = drawing ? 'Stop (Esc)' : 'Send (Enter)';
  }
  byId('compare').disabled = drawing;
}

function showSidebar() {
  keepingFocus(() => showList(archive.all(), current.id, renaming, acts));
}

function showThread() {
  const nodes = chat.path(current);
  fill(thread, nodes.length === 0 ? [welcome()] : nodes.map(node => message(node)));
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
  showLatest();
}

function message(node) {
  if (node.role === 'user') {
    return node.id === editing?.id ? editing.element : question(current, node, acts);
  }
  const pair = chat.openPair(current, node);
  return pair ? comparison(pair, pair.nodes.map(id => current.nodes[id]), acts) : answer(current, node, acts);
}

function welcome() {
  return el('div', {class: 'welcome'},
    el('img', {src: '/favicon.svg', alt: '', width: '48', height: '48'}),
    el('h2', {}, 'What would you like to ask?'),
    touched() ? null : el('p', {}, el('kbd', {}, 'Enter'), ' sends, ', el('kbd', {}, 'Shift'), ' ', el('kbd', {}, 'Enter'),
      ' begins a new line, ', el('kbd', {}, '?'), ' lists all keys.'));
}

/** New words in the answers that are being written: at most once for each picture that the screen shows, and if
    that takes long, seldom enough to leave three quarters of the time to everything else. */
let growing = false;
let restUntil = 0;
function growSoon() {
  if (!growing) {
    growing = true;
    setTimeout(() => requestAnimationFrame(grow), Math.max(0, restUntil - performance.now()));
  }
}

function grow() {
  growing = false;
  const start = performance.now();
  for (const node of drawings.get(current.id)?.nodes ?? []) {
    const place = thread.querySelector(`[data-node="${node.id}"]`);
    place?.querySelector('.said').replaceWith(body(node));
    const line = place?.querySelector('.figures');
    if (line) {
      line.textContent = figures(node);
    }
  }
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
  showLatest();
  const end = performance.now();
  restUntil = end + 3 * (end - start);
}

function showLatest() {
  byId('latest').hidden = pinned;
}

function fitField() {
  askField.style.height = 'auto';
  askField.style.height = `${askField.scrollHeight}px`;
}

function openSettings() {
  const conversation = current;
  showSettings(conversation.settings, settings => {
    conversation.settings = {...settings, model: conversation.settings.model};
    remember(conversation.settings);
    keepOn(conversation);
  });
  byId('settings').showModal();
}

function openHelp() {
  fillHelp();
  byId('help').showModal();
}

// --- what starts it -----------------------------------------------------------------------------------------------

const lastOf = role => chat.path(current).findLast(node => node.role === role);

function withLastAnswer(act) {
  const node = lastOf('assistant');
  if (node && !drawings.has(current.id)) {
    act(node);
  }
}

function step(by) {
  withLastAnswer(node => {
    const versions = chat.siblings(current, node);
    acts.choose(versions[versions.indexOf(node) + by]);
  });
}

/** Only within the comparison: elsewhere a key may be meant for something that has gone. */
function judgeByKey(key) {
  const pair = current.pairs[document.activeElement.closest('.comparison')?.dataset.pair];
  if (pair) {
    judge(pair, verdictOf(key));
  }
}

function editLast() {
  const node = lastOf('user');
  if (node && !drawings.has(current.id)) {
    acts.edit(node);
  }
}

listen({
  Escape: () => closeDrawer() || stop(),
  n: beginNew,
  r: () => withLastAnswer(acts.regenerate),
  v: () => send(2),
  c: () => withLastAnswer(node => copy(node.text, null)),
  e: editLast,
  '[': () => step(-1),
  ']': () => step(1),
  ',': openSettings,
  '/': () => askField.focus(),
  '?': openHelp,
  1: judgeByKey, 2: judgeByKey, 0: judgeByKey, '=': judgeByKey, s: judgeByKey,
});

byId('new').append(picture('plus'), 'New conversation');
byId('new').addEventListener('click', beginNew);
byId('export-all').append(picture('save'), 'Export all as JSONL');
byId('export-all').addEventListener('click', () => download('conversations.jsonl', archive.all()));
byId('import').append(picture('open'), 'Import JSONL');
byId('import').addEventListener('click', () => byId('import-file').click());
byId('import-file').addEventListener('change', async event => {
  const [file] = event.target.files;
  event.target.value = ''; // so that the same file can be chosen again
  if (file) {
    toast(await upload(file, archive).catch(error => `The file could not be imported: ${error.message}`));
    show();
  }
});
byId('help-open').append(picture('keys'), 'Keys');
byId('help-open').addEventListener('click', openHelp);
byId('settings-open').append(picture('tune'));
byId('settings-open').addEventListener('click', openSettings);
byId('compare').append(picture('compare'), 'Compare two answers');
byId('compare').addEventListener('click', () => send(2));
byId('latest').addEventListener('click', () => {
  pinned = true;
  thread.scrollTop = thread.scrollHeight;
  showLatest();
});
document.querySelectorAll('.panel-head .icon').forEach(button => button.append(picture('close')));
document.querySelectorAll('dialog').forEach(dialog => dialog.addEventListener('click', event => {
  if (event.target === dialog) { // beside the panel
    dialog.close();
  }
}));
byId('model').addEventListener('change', event => {
  current.settings = {...current.settings, model: event.target.value};
  rememberModel(event.target.value);
  keepOn(current);
});
byId('composer').addEventListener('submit', event => {
  event.preventDefault();
  if (performance.now() - switched < SECOND_CLICK) {
    return;
  }
  if (drawings.has(current.id)) {
    stop();
  } else {
    send(1);
  }
});
askField.addEventListener('input', fitField);
askField.addEventListener('keydown', event => {
  if (composing(event)) {
    return;
  }
  if (sends(event)) {
    event.preventDefault();
    send(1);
  } else if (event.key === 'ArrowUp' && askField.value === '') {
    event.preventDefault();
    editLast();
  }
});
thread.addEventListener('scroll', () => {
  pinned = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 48;
  showLatest();
});
thread.addEventListener('copytext', event => copy(event.detail, event.target));
new ResizeObserver(() => {
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
}).observe(thread);
archive.addEventListener('changed', ({detail: id}) => {
  if (!archive.get(id)) {
    drawings.get(id)?.controller.abort(); // deleted in another tab
  }
  if (id === current.id) {
    current = archive.get(id) ?? chat.begin(remembered());
    show();
  } else {
    showSidebar();
  }
});

const beingDrawn = () => [...drawings.keys()].map(id => archive.get(id)).filter(Boolean);
document.addEventListener('visibilitychange', () => beingDrawn().forEach(keep));
window.addEventListener('pagehide', () => archive.flush(beingDrawn()).catch(cannotKeep));

askField.enterKeyHint = touched() ? 'enter' : 'send';
show();
askField.focus();
followModels(archive.keeps ? '' : 'This browser keeps nothing: conversations end with the page.', () => showModels(current));
