/** What a cell, a partition or the dataset can be, the worst first: class, glyph and words for it. */
export const STATES = {
  HELD_BACK: {style: 's-held', glyph: '‖', words: 'held back'},
  FAILING: {style: 's-failing', glyph: '×', words: 'failing'},
  NEEDS_PERSON: {style: 's-person', glyph: '!', words: 'needs a person'},
  UNKNOWN: {style: 's-unknown', glyph: '?', words: 'unknown'},
  WAITING_FOR_PROOF: {style: 's-waiting', glyph: '~', words: 'waiting for a proof'},
  DIFFERENT: {style: 's-different', glyph: '≠', words: 'different'},
  REPAIRING: {style: 's-repairing', glyph: '↻', words: 'repairing'},
  REBUILDING: {style: 's-rebuilding', glyph: '…', words: 'rebuilding'},
  LAGGING: {style: 's-lagging', glyph: '<', words: 'lagging'},
  EQUAL: {style: 's-equal', glyph: '=', words: 'equal'},
  NOT_OWNER: {style: 's-none', glyph: '·', words: 'not an owner'},
};

const ORDER = Object.keys(STATES);

export const stateOf = name => STATES[name] ?? {...STATES.UNKNOWN, words: String(name).toLowerCase().replaceAll('_', ' ')};

export const rank = name => {
  const at = ORDER.indexOf(name);
  return at < 0 ? 0 : at;
};

/** The state of one replica in one partition: its own where it has one, and otherwise what that of the partition says about it. */
export function cellOf(partition, replica) {
  if (!partition.owners.includes(replica)) {
    return 'NOT_OWNER';
  }
  if (partition.heldBack[replica] > 0) {
    return 'HELD_BACK';
  }
  if (partition.silent.includes(replica) || partition.disagreeing.includes(replica)) {
    return 'UNKNOWN';
  }
  if (partition.rebuilding.includes(replica)) {
    return 'REBUILDING';
  }
  if (partition.lagging.some(lag => lag.replica === replica)) {
    return 'LAGGING';
  }
  if (partition.states.includes('DIFFERENT') && partition.sent[replica] > 0) {
    return 'REPAIRING';
  }
  switch (partition.state) {
    case 'REBUILDING': // of another replica: this one was not compared with it
    case 'LAGGING':
      return partition.apart.includes(replica) ? 'LAGGING' : 'UNKNOWN';
    case 'HELD_BACK': // that of another replica
      return 'DIFFERENT';
    default:
      return partition.state;
  }
}
