// Two tabs write to one conversation: nothing that one of them wrote is lost.

/**
 * Takes over what another tab has changed since both were the same. What this tab has changed stays, and so does
 * what it is writing; nobody is led away from the versions that they are reading.
 * @param base what both were; `undefined`: nothing is known of that
 */
export function merge(base, mine, theirs) {
  take(base, mine, {...theirs, chosen: mine.chosen});
  for (const [parent, id] of Object.entries(theirs.chosen)) {
    if (!(mine.chosen[parent] in mine.nodes)) {
      mine.chosen[parent] = id;
    }
  }
}

function take(base, mine, theirs) {
  if (mine.state === 'writing') {
    return;
  }
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    if (isObject(mine[key]) && isObject(theirs[key])) {
      take(base?.[key], mine[key], theirs[key]);
    } else if (!(key in theirs) && isSame(mine[key], base?.[key])) {
      delete mine[key];
    } else if (isSame(mine[key], base?.[key])) {
      mine[key] = theirs[key];
    }
  }
}

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
