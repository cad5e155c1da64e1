'use strict';
// Reproduces ../vectors/vectors.json. Prints every vector that it does not reproduce, and ends with 1 if there is one.
// node vectors.js [FILE]

const fs = require('fs');
const path = require('path');
const contract = require('./contract');

const file = process.argv[2] || path.join(__dirname, '..', 'vectors', 'vectors.json');
const vectors = JSON.parse(fs.readFileSync(file));
let failures = 0;
let count = 0;

for (const vector of vectors.partitions) {
  check(vector.key, contract.partitionOf(Buffer.from(vector.key, 'hex'), vector.partitions), vector.partition);
}
for (const vector of vectors.writes) {
  for (const layout of ['trueup', 'plain']) {
    const record = vector[layout];
    if (record !== null) {
      const key = Buffer.from(record.key, 'hex');
      check(vector.name, json(contract.writeEvent(layout, record.partition, key, entry(vector.entry), vector.repairId)),
        record);
    }
  }
}
for (const vector of vectors.progress) {
  for (const layout of ['trueup', 'plain']) {
    check(vector.name, json(contract.progressEvent(layout, vector[layout].partition, BigInt(vector.positionMs))),
      vector[layout]);
  }
}
const rows = vectors.scans.filter((vector) => vector.row !== null);
for (const vector of vectors.scans) {
  const { partition, key } = vector.trueup;
  const record = vector.row !== null
    ? contract.scanEvent(partition, Buffer.from(key, 'hex'), entry(vector.row), vector.scan, 41n)
    : vector === vectors.scans[0]
      ? contract.scanStart(partition, vector.scan)
      : contract.scanEnd(partition, vector.scan, 41n, BigInt(rows.length));
  check(vector.name, json(record), vector.trueup);
}
for (const vector of vectors.repairs) {
  check(vector.layout + ': ' + vector.name, outcome(vector),
    { decision: vector.decision, answer: vector.answer, repairId: vector.repairId });
}
console.log(count - failures + ' of ' + count + ' vectors are reproduced');
process.exitCode = failures === 0 ? 0 : 1;

function outcome(vector) {
  const record = {
    partition: vector.record.partition,
    key: Buffer.from(vector.record.key, 'hex'),
    value: bytes(vector.record.value),
    headers: vector.record.headers,
  };
  try {
    const repair = contract.readRepair(vector.layout, vector.replica, record);
    const held = vector.held === null ? null : entry(vector.held);
    const decision = contract.decide(repair, held, BigInt(vector.nowMs));
    const answer = contract.answer(repair, decision === 'APPLY' ? repair.winner : held);
    return { decision, answer: entryJson(answer), repairId: repair.id };
  } catch (e) {
    if (!(e instanceof contract.MalformedRepair)) {
      throw e;
    }
    return { decision: 'DEAD_LETTER', answer: null, repairId: null };
  }
}

function check(name, actual, expected) {
  count++;
  if (canonical(actual) !== canonical(expected)) {
    failures++;
    console.log(name + ':\n  expected ' + canonical(expected) + '\n  not      ' + canonical(actual));
  }
}

/** JSON with its members in the order of their names. */
function canonical(value) {
  if (value === null || typeof value !== 'object') {
    return JSON.stringify(value);
  }
  return '{' + Object.keys(value).sort().map((name) => JSON.stringify(name) + ':' + canonical(value[name])).join(',')
    + '}';
}

function entry(vector) {
  return {
    version: BigInt(vector.version),
    vector: vector.vector === null ? null
      : Object.fromEntries(Object.entries(vector.vector).map(([name, counter]) => [name, BigInt(counter)])),
    positionMs: BigInt(vector.positionMs),
    deleted: vector.deleted,
    value: bytes(vector.value),
    valueDigest: bytes(vector.valueDigest),
    expiryMs: vector.expiryMs === null ? null : BigInt(vector.expiryMs),
  };
}

function entryJson(held) {
  return {
    version: String(held.version),
    vector: held.vector === null ? null
      : Object.fromEntries(Object.entries(held.vector).map(([name, counter]) => [name, String(counter)])),
    positionMs: String(held.positionMs),
    deleted: held.deleted,
    value: hex(held.value),
    valueDigest: hex(held.valueDigest),
    expiryMs: held.expiryMs === null ? null : String(held.expiryMs),
  };
}

function json(record) {
  return { partition: record.partition, key: hex(record.key), value: hex(record.value), headers: record.headers };
}

function bytes(text) {
  return text === null ? null : Buffer.from(text, 'hex');
}

function hex(buffer) {
  return buffer === null ? null : buffer.toString('hex');
}
