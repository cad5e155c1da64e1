'use strict';
// The contract between Trueup and a datastore: records of write events and repairs, and what a target does with a repair.
//
// An entry is { version, vector, positionMs, deleted, value, valueDigest, expiryMs }: version, positionMs, expiryMs and the counters of a
// vector are BigInt, value and digest are Buffers; vector, value, valueDigest and expiryMs may be null.
// A record is { partition, key, value, headers }: key and value are Buffers, the value may be null, headers are texts by name.

const { Codec } = require('./avro');

const NOTHING = -(2n ** 63n);
const PROGRESS_KEY = Buffer.from('\0trueup.progress');
const SCAN_KEY = Buffer.from('\0trueup.scan');
const codecs = {};

/** An error of this kind means: the record is no repair of this replica, and goes to the dead letters. */
class MalformedRepair extends Error {}

function codec(name) {
  codecs[name] = codecs[name] || new Codec(name);
  return codecs[name];
}

/** The partition to which Kafka's default partitioner of Java clients sends a key: murmur2 modulo the number of partitions. */
function partitionOf(key, partitions) {
  const m = 0x5bd1e995;
  let hash = 0x9747b28c ^ key.length;
  let at = 0;
  for (; at + 4 <= key.length; at += 4) {
    let word = Math.imul(key.readInt32LE(at), m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  if (at < key.length) {
    for (let last = key.length - 1; last >= at; last--) {
      hash ^= key[last] << (8 * (last - at));
    }
    hash = Math.imul(hash, m);
  }
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return ((hash ^ (hash >>> 15)) & 0x7fffffff) % partitions;
}

/** The write event "the replica now holds this entry"; repairId is that of the repair which it answers, or null. */
function writeEvent(layout, partition, key, entry, repairId) {
  if (layout === 'trueup') {
    return avro('WriteEvent', partition, key, { ...fields(entry), repairId });
  }
  const headers = { 'trueup.version': String(entry.version), 'trueup.position': String(entry.positionMs) };
  if (entry.expiryMs !== null) {
    headers['trueup.expiry'] = String(entry.expiryMs);
  }
  if (repairId !== null) {
    headers['trueup.repair.id'] = repairId;
  }
  return { partition, key, value: entry.value, headers };
}

/** The progress event "every write of the partition up to this position is applied". */
function progressEvent(layout, partition, positionMs) {
  return layout === 'trueup'
    ? avro('ProgressEvent', partition, PROGRESS_KEY, { position: positionMs })
    : { partition, key: PROGRESS_KEY, value: null, headers: { 'trueup.progress': String(positionMs) } };
}

function scanStart(partition, scan) {
  return avro('ScanMarker', partition, SCAN_KEY, { scan, kind: 'START', since: -1n, rows: 0n });
}

/** The row of a scan; since is the offset of the scan's start marker. */
function scanEvent(partition, key, entry, scan, since) {
  return avro('ScanEvent', partition, key, { ...fields(entry), scan, since });
}

function scanEnd(partition, scan, since, rows) {
  return avro('ScanMarker', partition, SCAN_KEY, { scan, kind: 'END', since, rows });
}

function avro(name, partition, key, record) {
  return { partition, key, value: codec(name).encode(record), headers: {} };
}

function fields(entry) {
  return {
    version: entry.version,
    vector: entry.vector,
    position: entry.positionMs,
    deleted: entry.deleted,
    value: entry.value,
    valueDigest: entry.valueDigest,
    expiry: entry.expiryMs,
  };
}

/** Reads a repair: { id, winner, source, ifObserved, observed, validUntilMs }. Throws MalformedRepair. */
function readRepair(layout, replica, record) {
  if (!record.key) {
    throw new MalformedRepair('no key');
  }
  return layout === 'trueup' ? readTrueup(replica, record) : readPlain(replica, record);
}

function readTrueup(replica, record) {
  let event;
  try {
    event = codec('RepairEvent').decode(record.value);
  } catch (e) {
    throw new MalformedRepair(e.message);
  }
  checkTarget(event.target, replica);
  if (event.partition !== record.partition) {
    throw new MalformedRepair('a repair of another partition');
  }
  const refers = !event.deleted && event.value === null;
  if (refers && event.reference === null) {
    throw new MalformedRepair('neither a delete nor a value nor a reference to one');
  }
  return {
    id: event.id,
    winner: entryOf(event.version, event.vector, event.position, event.deleted ? null : event.value, event.deleted,
      event.expiry),
    source: refers ? event.reference.replica : null,
    ifObserved: event.condition === 'IF_OBSERVED',
    observed: event.observed,
    validUntilMs: event.validUntil,
  };
}

function readPlain(replica, record) {
  checkTarget(text(record, 'trueup.target'), replica);
  const condition = text(record, 'trueup.condition');
  if (condition !== 'UNLESS_NEWER' && condition !== 'IF_OBSERVED') {
    throw new MalformedRepair('an unknown condition');
  }
  const observed = number(record, 'trueup.observed.version', null);
  const deleted = record.value === null;
  return {
    id: text(record, 'trueup.repair.id'),
    winner: entryOf(number(record, 'trueup.version'), null, number(record, 'trueup.position'), record.value, deleted,
      number(record, 'trueup.expiry', null)),
    source: null,
    ifObserved: condition === 'IF_OBSERVED',
    observed: observed === null ? null
      : { version: observed, vector: null, deleted: record.headers['trueup.observed.deleted'] === 'true' },
    validUntilMs: number(record, 'trueup.valid.until'),
  };
}

function entryOf(version, vector, positionMs, value, deleted, expiryMs) {
  return { version, vector, positionMs, deleted, value, valueDigest: null, expiryMs: deleted ? null : expiryMs };
}

function checkTarget(target, replica) {
  if (target !== replica) {
    throw new MalformedRepair('a repair of replica ' + target + ', not of ' + replica);
  }
}

function text(record, name) {
  if (record.headers[name] === undefined) {
    throw new MalformedRepair('no header ' + name);
  }
  return record.headers[name];
}

function number(record, name, otherwise) {
  if (otherwise !== undefined && record.headers[name] === undefined) {
    return otherwise;
  }
  const digits = text(record, name);
  if (!/^-?[0-9]+$/.test(digits)) {
    throw new MalformedRepair('header ' + name + ' is not a whole number');
  }
  return BigInt(digits);
}

/** What a target does that holds this entry, tombstones included, or null: APPLY, or the reason why it declines. */
function decide(repair, held, nowMs) {
  if (nowMs > repair.validUntilMs) {
    return 'EXPIRED';
  }
  if (repair.source !== null) {
    return 'NO_VALUE';
  }
  if (repair.ifObserved) {
    return isStillHeld(repair.observed, held, nowMs) ? 'APPLY' : 'NOT_AS_OBSERVED';
  }
  return held === null || isAsNewAs(repair.winner, held) ? 'APPLY' : 'NEWER_HELD';
}

function isStillHeld(observed, held, nowMs) {
  if (held === null) {
    return observed === null || observed.version === NOTHING
      || (observed.vector !== null && total(observed.vector) === 0n);
  }
  if (observed === null) {
    return false;
  }
  const same = observed.vector !== null && held.vector !== null
    ? covers(observed.vector, held.vector) && covers(held.vector, observed.vector)
    : observed.version === held.version;
  const gone = held.deleted || (held.expiryMs !== null && held.expiryMs <= nowMs);
  return same && (observed.deleted === held.deleted || observed.deleted === gone);
}

function isAsNewAs(winner, held) {
  return winner.vector !== null && held.vector !== null ? covers(winner.vector, held.vector)
    : held.version <= winner.version;
}

function covers(vector, other) {
  return Object.entries(other).every(([name, counter]) => (vector[name] || 0n) >= counter);
}

function total(vector) {
  return Object.values(vector).reduce((sum, counter) => sum + counter, 0n);
}

/** The entry in the answer of a target that now holds this entry, or null. */
function answer(repair, holds) {
  const vector = repair.winner.vector === null ? null : {};
  return holds || entryOf(NOTHING, vector, repair.winner.positionMs, null, true, null);
}

module.exports = {
  MalformedRepair, answer, decide, partitionOf, progressEvent, readRepair, scanEnd, scanEvent, scanStart, writeEvent,
};
