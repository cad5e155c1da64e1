'use strict';

/*
 * Reads and writes records with Confluent's client for JavaScript, which knows nothing of Trueup.
 *
 *   node witness.js URL
 *
 * Takes a JSON object per line of standard input, and answers each with one line. Bytes are {"hex": "…"}.
 *
 *   {"read": {"hex": "…"}, "topic": "…"}                        the record
 *   {"write": {…}, "topic": "…", "schema": "…"}                 its bytes; the schema is registered for the values of the topic
 */
const readline = require('readline');
const { AvroDeserializer, AvroSerializer, SchemaRegistryClient, SerdeType } = require('@confluentinc/schemaregistry');

const client = new SchemaRegistryClient({ baseURLs: [process.argv[2]] });
const serializer = new AvroSerializer(client, SerdeType.VALUE, { autoRegisterSchemas: false, useLatestVersion: true });
const deserializer = new AvroDeserializer(client, SerdeType.VALUE, {});

const toBytes = (key, value) => (value !== null && typeof value.hex === 'string' ? Buffer.from(value.hex, 'hex') : value);
const toHex = (key, value) =>
  value !== null && value.type === 'Buffer' ? { hex: Buffer.from(value.data).toString('hex') } : value;

async function answer(line) {
  const { read, write, topic, schema } = JSON.parse(line, toBytes);
  if (read !== undefined) {
    return deserializer.deserialize(topic, read);
  }
  await client.register(`${topic}-value`, { schemaType: 'AVRO', schema });
  return serializer.serialize(topic, write);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(line), toHex));
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
