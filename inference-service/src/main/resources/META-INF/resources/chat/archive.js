// Where conversations are kept: in this browser, and nowhere else. All are in memory as well; there are few.

import {settle} from './conversation.js';
import {merge} from './merging.js';

const STORE = 'conversations';

/** Of so many deleted conversations, the last ones, it is known that no tab may bring them back: `{id, deleted}`. */
const DELETED_KEPT = 200;

/** Pseudonym under which this browser ranks, and the other small things that are not conversations. */
export const pocket = {
  get(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing: see Archive.keeps
    }
  },
  set(name, value) {
    try {
      if (value === null) {
        localStorage.removeItem(name);
      } else {
        localStorage.setItem(name, value);
      }
    } catch {
      return; // as above
    }
  },
};

const done = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** A transaction is done when it says so: a request that succeeded may still be undone. */
const completed = transaction => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => (transaction.error ? reject(transaction.error) : resolve()); // none: see flush
});

/** That the browser throws nothing away when it needs room; it may ask whoever sits there, so it is asked once. */
function persist() {
  if (pocket.get('persist') === null) {
    pocket.set('persist', 'asked');
    navigator.storage?.persist?.().catch(() => {}); // no is an answer too
  }
}

async function open() {
  const opening = indexedDB.open('millrace', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, {keyPath: 'id'});
  return done(opening);
}

export class Archive extends EventTarget {
  #database = null;
  #conversations = new Map();
  /** Each as it was in the database when this page saw it last: what differs from it has been changed since. */
  #stored = new Map();
  /** Those under way, `{conversation, transaction}`. */
  #saves = new Set();
  #channel = new BroadcastChannel('millrace-conversations');

  /** Reads all there are. Where the browser allows no database, conversations last as long as the page. */
  static async read() {
    const archive = new Archive();
    try {
      archive.#database = await open();
      const records = await done(archive.#store('readonly').getAll());
      records.filter(({deleted}) => !deleted).forEach(record => archive.#take(record));
      const deleted = records.filter(record => record.deleted).sort((a, b) => b.deleted - a.deleted);
      deleted.slice(DELETED_KEPT).forEach(({id}) => archive.#store('readwrite').delete(id));
    } catch (error) {
      console.warn('conversations are not kept', error);
      archive.#database = null;
    }
    archive.#channel.onmessage = event => archive.#changedElsewhere(event.data);
    return archive;
  }

  /** Whether conversations outlive the page. */
  get keeps() {
    return this.#database !== null;
  }

  /** The one that was used last comes first. */
  all() {
    return [...this.#conversations.values()].sort((a, b) => b.updated - a.updated);
  }

  get(id) {
    return this.#conversations.get(id);
  }

  /** Together with what other tabs have written of it since; not where one has deleted it. */
  async save(conversation) {
    const {id} = conversation;
    this.#conversations.set(id, conversation);
    const save = {conversation};
    let deleted = false;
    let written = null;
    await this.#write(id, store => {
      save.transaction = store.transaction;
      this.#saves.add(save);
      store.get(id).onsuccess = ({target: {result}}) => {
        deleted = result?.deleted !== undefined;
        if (!deleted) {
          if (result) {
            merge(this.#stored.get(id), conversation, settle(result));
          }
          written = structuredClone(conversation);
          store.put(written);
        }
      };
    }).finally(() => this.#saves.delete(save));
    if (deleted) {
      this.#forget(id);
      this.#changed(id);
    } else if (written) {
      this.#stored.set(id, written);
    }
  }

  /** These, and whatever is being saved, now that the page goes: nobody would hear any more what a save reads. */
  async flush(conversations) {
    const all = new Set(conversations);
    for (const {conversation, transaction} of this.#saves) {
      all.add(conversation);
      try {
        transaction.abort();
      } catch {
        // It is being committed already; what is put behind it has more.
      }
    }
    await Promise.all([...all].map(conversation => this.put(conversation)));
  }

  /** As it is, whatever other tabs have made of it: to undo a deletion, or when there is no time to read. */
  async put(conversation) {
    const written = structuredClone(conversation);
    this.#conversations.set(conversation.id, conversation);
    await this.#write(conversation.id, store => {
      store.put(written);
      store.transaction.commit();
    });
    this.#stored.set(conversation.id, written);
  }

  async remove(id) {
    this.#forget(id);
    await this.#write(id, store => store.put({id, deleted: Date.now()}));
  }

  async #write(id, act) {
    if (this.#database === null) {
      return;
    }
    const store = this.#store('readwrite');
    const end = completed(store.transaction);
    act(store);
    await end;
    this.#channel.postMessage(id);
    persist();
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }

  #take(record) {
    this.#conversations.set(record.id, settle(record));
    this.#stored.set(record.id, structuredClone(record));
  }

  #forget(id) {
    this.#conversations.delete(id);
    this.#stored.delete(id);
  }

  async #changedElsewhere(id) {
    const record = await done(this.#store('readonly').get(id));
    const own = this.#conversations.get(id);
    if (!record || record.deleted) {
      this.#forget(id);
    } else if (own) {
      merge(this.#stored.get(id), own, structuredClone(settle(record)));
      this.#stored.set(id, record);
    } else {
      this.#take(record);
    }
    this.#changed(id);
  }

  #changed(id) {
    this.dispatchEvent(new CustomEvent('changed', {detail: id}));
  }
}
