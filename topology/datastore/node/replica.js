'use strict';
// A whole replica in memory: applies a feed and repairs, and sends write events and progress events.
//
// node replica.js BROKERS REPLICA FEED WRITES REPAIRS DEAD_LETTERS [plain|trueup]
//
// The feed has plain records: the header trueup.version is the version, or else the offset is; the header trueup.position is the position,
// or else the timestamp is. It must be written without transactions: their markers have offsets, too, so this client would never see the
// end. As all rows are in memory, each start reads the feed from its beginning, with a consumer group of its own.
// When standard input ends, the replica prints its rows as JSON, { key: "value@version" }, and ends.

const { Kafka, logLevel } = require('kafkajs');
const contract = require('./contract');

const [brokers, replica, feed, writes, repairs, deadLetters, layout = 'plain'] = process.argv.slice(2);
if (!deadLetters) {
  console.error('usage: node replica.js BROKERS REPLICA FEED WRITES REPAIRS DEAD_LETTERS [plain|trueup]');
  process.exit(2);
}

const kafka = new Kafka({ clientId: replica, brokers: brokers.split(','), logLevel: logLevel.ERROR });
// One request at a time: events of a key arrive in the order in which they were sent.
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
const consumer = kafka.consumer({ groupId: replica + '-' + process.pid + '-' + Date.now(), maxWaitTimeInMs: 100 });
const admin = kafka.admin();
const rows = new Map();
const next = new Map();

/** Stores a write of the feed unless what is held is as new, and sends what is then held. */
async function applyWrite(record, message) {
  const headers = record.headers;
  const written = {
    version: BigInt(headers['trueup.version'] || message.offset),
    vector: null,
    positionMs: BigInt(headers['trueup.position'] || message.timestamp),
    deleted: record.value === null,
    value: record.value,
    valueDigest: null,
    expiryMs: null,
  };
  const id = record.key.toString('hex');
  const held = rows.get(id);
  if (held === undefined || written.version > held.version) {
    rows.set(id, written);
  }
  await send(writes, contract.writeEvent(layout, record.partition, record.key, rows.get(id), null));
}

/** Applies a repair if its condition holds, and answers with what is then held. */
async function applyRepair(record, message) {
  let repair;
  try {
    repair = contract.readRepair(layout, replica, record);
  } catch (e) {
    if (!(e instanceof contract.MalformedRepair)) {
      throw e;
    }
    console.error(repairs + '-' + record.partition + '@' + message.offset + ' is sent to ' + deadLetters + ': '
      + e.message);
    const headers = { ...record.headers, 'trueup.dead-letter.reason': e.message };
    await send(deadLetters, { partition: 0, key: record.key, value: record.value, headers });
    return;
  }
  const id = record.key.toString('hex');
  const decision = contract.decide(repair, rows.get(id) || null, BigInt(Date.now()));
  if (decision === 'APPLY') {
    rows.set(id, repair.winner);
  }
  const holds = contract.answer(repair, rows.get(id) || null);
  await send(writes, contract.writeEvent(layout, record.partition, record.key, holds, repair.id));
}

/** Returns once the record is acknowledged by all replicas of the partition. */
async function send(topic, record) {
  await producer.send({ topic, acks: -1, messages: [record] });
}

/** Sends a progress event for each partition whose feed is applied up to its end: to the end that was asked for after the time was taken. */
async function sendProgress() {
  const now = BigInt(Date.now());
  for (const { partition, high } of await admin.fetchTopicOffsets(feed)) {
    if (BigInt(high) === 0n || (next.get(partition) || 0n) >= BigInt(high)) {
      await send(writes, contract.progressEvent(layout, partition, now));
    }
  }
}

async function consume({ topic, partition, message }) {
  const headers = {};
  Object.entries(message.headers || {}).forEach(([name, value]) => {
    headers[name] = value.toString('utf8');
  });
  const record = { partition, key: message.key, value: message.value, headers };
  if (topic === repairs) {
    await applyRepair(record, message);
  } else {
    await applyWrite(record, message);
    next.set(partition, BigInt(message.offset) + 1n);
  }
}

async function run() {
  await Promise.all([producer.connect(), consumer.connect(), admin.connect()]);
  await consumer.subscribe({ topics: [feed, repairs], fromBeginning: true });
  // A message is done, and its offset may be committed, when consume() has returned: when its event is acknowledged.
  await consumer.run({ eachMessage: consume });
  let working = Promise.resolve();
  const timer = setInterval(() => {
    working = working.then(sendProgress).catch((e) => console.error('no progress events: ' + e.message));
  }, 300);
  console.log('ready');
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  clearInterval(timer);
  await working;
  await consumer.disconnect();
  await Promise.all([producer.disconnect(), admin.disconnect()]);
  const held = {};
  rows.forEach((entry, id) => {
    if (!entry.deleted) {
      held[Buffer.from(id, 'hex')] = entry.value + '@' + entry.version;
    }
  });
  console.log(JSON.stringify(held));
}

run().catch((e) => {
  console.error(e);
  process.exit(1);
});
