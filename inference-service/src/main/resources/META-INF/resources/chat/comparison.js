// Two answers to one question, side by side, and which of them is better.

import {el} from './dom.js';
import {body, failure} from './message.js';

/** Nothing that is pressed sooner after both answers stand is a verdict, in milliseconds. */
const FIRST_LOOK = 800;

const VERDICTS = [
  {verdict: 'left', key: '1', label: 'Left is better', narrow: 'First'},
  {verdict: 'tie', key: '=', label: 'Equally good', narrow: 'Equal'},
  {verdict: 'bad', key: '0', label: 'Both are bad', narrow: 'Both bad'},
  {verdict: 'right', key: '2', label: 'Right is better', narrow: 'Second'},
  {verdict: 'skip', key: 's', label: 'Skip'},
];

/** @param nodes the left and the right answer */
export function comparison(pair, nodes, acts) {
  const open = nodes.every(node => node.state !== 'writing');
  const same = open && nodes[0].text === nodes[1].text;
  const rankable = open && !same && nodes.every(node => node.state === 'whole' && node.answer);
  const side = (node, name, narrow) => el('section', {class: 'side', 'data-node': node.id, 'aria-busy': String(!open)},
    el('h2', {}, el('span', {class: 'wide-only'}, name), el('span', {class: 'narrow-only'}, narrow)),
    body(node), failure(node, acts));
  return el('article', {class: 'comparison', 'data-pair': pair.id, tabindex: '-1', 'aria-label': 'Two answers to compare'},
    el('div', {class: 'sides'}, side(nodes[0], 'Left', 'First'), side(nodes[1], 'Right', 'Second')),
    el('div', {class: 'verdicts', role: 'group', 'aria-label': 'Which answer is better?'},
      el('p', {class: 'hint'}, remark(open, same, rankable)),
      ...VERDICTS.filter(({verdict}) => rankable || verdict === 'skip').map(({verdict, key, label, narrow}) =>
        el('button', {type: 'button', disabled: !open, 'data-verdict': verdict, 'data-act': verdict, class: verdict === 'skip' ? 'quiet' : 'choice',
          on: {click: () => acts.judge(pair, verdict)}},
        el('span', {class: narrow ? 'wide-only' : null}, verdict === 'skip' && !rankable && open ? 'Go on' : label),
        narrow ? el('span', {class: 'narrow-only'}, narrow) : null,
        el('kbd', {'aria-hidden': 'true'}, key)))));
}

function remark(open, same, rankable) {
  if (!open) {
    return 'Both answers are being written.';
  }
  if (same) {
    return 'Both answers are the same: there is nothing to compare.';
  }
  return rankable ? 'Which is better? Your choice is published as a ranking for training.' : 'Only whole answers can be compared.';
}

/** @param since when both answers stood, in milliseconds of the page's clock */
export const tooSoon = since => performance.now() - since < FIRST_LOOK;

export const verdictOf = key => VERDICTS.find(verdict => verdict.key === key.toLowerCase())?.verdict ?? null;
