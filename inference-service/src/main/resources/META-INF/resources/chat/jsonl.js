// Conversations as lines of JSONL: what is chosen of each, in the form in which conversations are learned from.

import {messages, path, titleOf} from './conversation.js';

export function exported(conversation) {
  return JSON.stringify({
    id: conversation.id,
    title: titleOf(conversation),
    created: new Date(conversation.created).toISOString(),
    settings: conversation.settings,
    messages: messages(conversation, path(conversation)),
  });
}
