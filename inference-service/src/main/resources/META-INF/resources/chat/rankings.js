// Rankings on their way to the service, one after another, so that each knows which one it replaces.

import {pocket} from './archive.js';
import {forget, freshId, superseded} from './conversation.js';
import {now} from './drawing.js';
import {rank} from './service.js';
import {toast} from './toast.js';

let last = Promise.resolve();

/**
 * @param ranking as `/v1/feedback` takes it
 * @param since when the last of the answers stood
 * @param changed called when something of the conversation is to be kept and shown
 * @param again says the ranking of those answers that the service has not forgotten, or `null` if too few are left
 * @param change what may be done about it once it is published: an action of a toast, or `null`
 */
export function publish(conversation, ranking, since, {changed, again = () => null, change = null}) {
  const leadTime = Math.round(Math.max(0, now() - since));
  last = last.catch(console.error).then(async () => {
    try {
      await send(conversation, ranking, leadTime, again);
      toast('Thank you: published as a ranking.', change);
    } catch (error) {
      toast(error.message, error.code === 'answer_not_kept' ? null
        : {label: 'Try again', act: () => publish(conversation, ranking, since, {changed, again, change})});
    }
    changed();
  });
}

async function send(conversation, ranking, leadTime, again) {
  try {
    const id = await rank({
      rater_id: rater(), ...ranking, lead_time_ms: leadTime, supersedes: superseded(conversation, ranking.shown_order),
    });
    conversation.rankings[id] = {answers: ranking.shown_order, at: Date.now()};
  } catch (error) {
    const rest = isForgotten(error, conversation, ranking) ? again() : null;
    if (rest === null) {
      throw error;
    }
    await send(conversation, rest, leadTime, again);
  }
}

function isForgotten(error, conversation, ranking) {
  const at = error.code === 'answer_not_kept' ? error.param.match(/^shown_order\[(\d+)\]$/)?.[1] : undefined;
  return at !== undefined && forget(conversation, ranking.shown_order[at]);
}

/** The pseudonym under which this browser ranks. */
function rater() {
  let id = pocket.get('rater');
  if (id === null) {
    id = freshId();
    pocket.set('rater', id);
  }
  return id;
}
