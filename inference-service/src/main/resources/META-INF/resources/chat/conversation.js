// A conversation is a tree: a question that is edited and an answer that is drawn again are siblings of the first,
// and one child of each message is chosen. No browser is needed to understand it.

export const DEFAULTS = Object.freeze({
  model: '', system: '', temperature: 1, top_p: 1, top_k: 0, max_tokens: null, seed: null,
  min_p: 0, repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0, stop: Object.freeze([]),
});

/** Settings that are sent only where they ask for something. */
const SENT_IF_SET = ['max_tokens', 'seed', 'min_p', 'repetition_penalty', 'presence_penalty', 'frequency_penalty', 'stop'];

const ROOT = 'root';

/** 128 random bits; unlike `randomUUID` also where the page did not come by https. */
export function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** @param settings as in {@link DEFAULTS} */
export function begin(settings, now = Date.now()) {
  return {
    id: freshId(), title: '', created: now, updated: now, settings: {...DEFAULTS, ...settings},
    nodes: {}, chosen: {}, pairs: {}, rankings: {},
  };
}

/** Adds a message under another (`null`: the first) and chooses it. */
export function add(conversation, parent, message, now = Date.now()) {
  const node = {id: freshId(), parent: parent?.id ?? null, at: now, ...message};
  conversation.nodes[node.id] = node;
  choose(conversation, node);
  conversation.updated = now;
  return node;
}

export function choose(conversation, node) {
  conversation.chosen[node.parent ?? ROOT] = node.id;
}

/** Removes a message that has no answer. */
export function remove(conversation, node) {
  const left = siblings(conversation, node).filter(other => other !== node);
  delete conversation.nodes[node.id];
  if (conversation.chosen[node.parent ?? ROOT] === node.id) {
    if (left.length > 0) {
      choose(conversation, left.at(-1));
    } else {
      delete conversation.chosen[node.parent ?? ROOT];
    }
  }
}

export const siblings = (conversation, node) => children(conversation, node.parent);

/** In the order in which they came, in whichever tab. */
export function children(conversation, parent) {
  return Object.values(conversation.nodes).filter(node => node.parent === parent).sort((a, b) => a.at - b.at);
}

/** The chosen messages, from the first to the last. */
export function path(conversation) {
  const nodes = [];
  let id = conversation.chosen[ROOT];
  while (id !== undefined && conversation.nodes[id]) {
    nodes.push(conversation.nodes[id]);
    id = conversation.chosen[id];
  }
  return nodes;
}

/** From the first message to this one. */
export function pathTo(conversation, node) {
  const nodes = [];
  for (let at = node; at; at = conversation.nodes[at.parent]) {
    nodes.unshift(at);
  }
  return nodes;
}

/** As the service takes them. An answer without a word is left out. */
export function messages(conversation, nodes) {
  const system = conversation.settings.system.trim();
  return [
    ...(system === '' ? [] : [{role: 'system', content: system}]),
    ...nodes.filter(node => node.text !== '').map(node => ({role: node.role, content: node.text})),
  ];
}

/** The request that draws answers to a question. */
export function request(conversation, question, count) {
  const settings = {...DEFAULTS, ...conversation.settings};
  const {model, temperature, top_p, top_k} = settings;
  const set = SENT_IF_SET.filter(name => String(settings[name]) !== String(DEFAULTS[name]));
  return {
    ...(model === '' ? {} : {model}),
    messages: messages(conversation, pathTo(conversation, question)),
    n: count, temperature, top_p, top_k,
    ...Object.fromEntries(set.map(name => [name, settings[name]])),
  };
}

/** What it is called: as somebody named it, or by its first question. */
export function titleOf(conversation) {
  if (conversation.title !== '') {
    return conversation.title;
  }
  const first = path(conversation)[0]?.text.trim().replace(/\s+/g, ' ') ?? '';
  if (first === '') {
    return 'New conversation';
  }
  return first.length <= 60 ? first : `${first.slice(0, 59).trimEnd()}…`;
}

/** What an answer shares with those that it can be compared with: the question, who answered, and under which system prompt. */
const versionsOf = answer => JSON.stringify([answer.parent, answer.model, answer.system]);

/**
 * What the thumbs at the versions of an answer say, as a ranking: those with a thumb up before those without one,
 * and these before those with a thumb down. All down: none is acceptable. One version alone says nothing, since a
 * reward model learns from comparisons only.
 * @returns `null` where there is nothing to compare
 */
export function rankingOfThumbs(conversation, answer) {
  const versions = [];
  for (const other of siblings(conversation, answer)) {
    const comparable = other.state === 'whole' && other.answer && versionsOf(other) === versionsOf(answer);
    if (comparable && !versions.some(version => version.text === other.text)) {
      versions.push(other);
    } else if (other === answer && comparable) {
      versions[versions.findIndex(version => version.text === other.text)] = other;
    }
  }
  if (versions.length < 2 || versions.length > 16 || !versions.includes(answer)) {
    return null;
  }
  const groups = ['up', undefined, 'down']
    .map(thumb => versions.filter(version => (version.thumb ?? undefined) === thumb).map(version => version.answer))
    .filter(group => group.length > 0);
  const allBad = versions.every(version => version.thumb === 'down');
  return {
    shown_order: versions.map(version => version.answer),
    ...(allBad ? {not_rankable: true} : {ranking: groups}),
  };
}

/**
 * Adds two answers to a question, to be compared; which stands left is drawn by lot.
 * @returns what is known of the comparison, and the answers in the order in which they are drawn
 */
export function addPair(conversation, question, message, now = Date.now(), lot = Math.random()) {
  const nodes = [add(conversation, question, message, now), add(conversation, question, message, now)];
  const shown = lot < 0.5 ? nodes : nodes.toReversed();
  const pair = {id: freshId(), nodes: shown.map(node => node.id), verdict: null};
  conversation.pairs[pair.id] = pair;
  nodes.forEach(node => {
    node.pair = pair.id;
  });
  choose(conversation, shown[0]);
  return {pair, nodes};
}

/** The comparison that an answer is part of, as long as nobody has judged it. */
export function openPair(conversation, node) {
  const pair = node.pair === undefined ? undefined : conversation.pairs[node.pair];
  return pair && pair.verdict === null ? pair : null;
}

/** Ends a comparison; the better answer goes on, the left one where none is. Whoever skips it the second time leaves it as it was. */
export function judge(conversation, pair, verdict) {
  pair.verdict = verdict === 'skip' ? pair.before ?? 'skip' : verdict;
  choose(conversation, conversation.nodes[pair.nodes[pair.verdict === 'right' ? 1 : 0]]);
}

/** Somebody thinks again about a comparison. */
export function reopen(pair) {
  pair.before = pair.verdict;
  pair.verdict = null;
}

/** The service has forgotten an answer: it can be ranked no more. */
export function forget(conversation, answer) {
  const node = Object.values(conversation.nodes).find(({answer: own}) => own === answer);
  if (node) {
    node.answer = undefined;
  }
  return node !== undefined;
}

/**
 * Which ranking another one replaces: the last that compares two of the same answers, lest both stand and contradict.
 * @param shownOrder the answers of the other one
 * @returns its id, or an empty text
 */
export function superseded(conversation, shownOrder) {
  const about = Object.entries(conversation.rankings)
    .filter(([, {answers = []}]) => answers.filter(answer => shownOrder.includes(answer)).length >= 2);
  return about.sort(([, a], [, b]) => a.at - b.at).at(-1)?.[0] ?? '';
}

/**
 * What was said about two answers side by side.
 * @param verdict `left`, `right`, `tie` or `bad`
 */
export function rankingOfPair([left, right], verdict) {
  const shown = {shown_order: [left.answer, right.answer]};
  switch (verdict) {
    case 'left':
      return {...shown, ranking: [[left.answer], [right.answer]]};
    case 'right':
      return {...shown, ranking: [[right.answer], [left.answer]]};
    case 'tie':
      return {...shown, ranking: [[left.answer, right.answer]]};
    case 'bad':
      return {...shown, not_rankable: true};
    default:
      throw new RangeError(`verdict: expected left, right, tie or bad, got ${verdict}`);
  }
}

/** What a tab that was closed left unfinished ends as it is. */
export function settle(conversation) {
  for (const node of Object.values(conversation.nodes)) {
    if (node.state === 'writing') {
      node.state = 'stopped';
    }
  }
  return conversation;
}
