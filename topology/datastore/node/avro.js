'use strict';
// Avro's single-object encoding of the schemas in schemas/src/main/avro: as much of Avro as these schemas need.
// Numbers of the type long are BigInt, because they have 64 bits.

const fs = require('fs');
const path = require('path');

const DIRECTORY = path.join(__dirname, '..', '..', '..', 'schemas', 'src', 'main', 'avro');
const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'bytes', 'string'];
const EMPTY_FINGERPRINT = 0xc15d213aa4d7a795n;

/** Reads and writes the records of one schema. */
class Codec {
  constructor(name) {
    this.types = {};
    this.schema = this.resolve(JSON.parse(fs.readFileSync(path.join(DIRECTORY, name + '.avsc'))), '');
    this.header = Buffer.alloc(10);
    this.header.writeUInt16BE(0xc301);
    this.header.writeBigUInt64LE(fingerprint(canonical(this.schema, new Set())), 2);
  }

  encode(record) {
    const parts = [this.header];
    write(this.schema, record, parts);
    return Buffer.concat(parts);
  }

  /** Throws where the bytes are no record of this schema. */
  decode(bytes) {
    if (!bytes || !bytes.subarray(0, 10).equals(this.header)) {
      throw new Error('not a ' + this.schema.name + ' in single-object encoding');
    }
    const input = { bytes, at: 10 };
    const record = read(this.schema, input);
    if (input.at !== bytes.length) {
      throw new Error((bytes.length - input.at) + ' bytes too many');
    }
    return record;
  }

  /** Replaces names of types by the types, and names by full names. */
  resolve(schema, namespace) {
    if (typeof schema === 'string') {
      return PRIMITIVES.includes(schema) ? schema : this.types[fullName(schema, namespace)];
    }
    if (Array.isArray(schema)) {
      return schema.map((branch) => this.resolve(branch, namespace));
    }
    if (schema.type === 'map') {
      return { type: 'map', values: this.resolve(schema.values, namespace) };
    }
    const own = schema.namespace || namespace;
    const type = { name: fullName(schema.name, own), type: schema.type };
    this.types[type.name] = type;
    if (schema.type === 'enum') {
      type.symbols = schema.symbols;
    } else if (schema.type === 'record') {
      type.fields = schema.fields.map(({ name, type: field }) => ({ name, type: this.resolve(field, own) }));
    } else {
      throw new Error('no support for the type ' + schema.type);
    }
    return type;
  }
}

function fullName(name, namespace) {
  return name.includes('.') || !namespace ? name : namespace + '.' + name;
}

/** The parsing canonical form of the specification. */
function canonical(schema, seen) {
  if (typeof schema === 'string') {
    return JSON.stringify(schema);
  }
  if (Array.isArray(schema)) {
    return '[' + schema.map((branch) => canonical(branch, seen)).join(',') + ']';
  }
  if (schema.type === 'map') {
    return '{"type":"map","values":' + canonical(schema.values, seen) + '}';
  }
  if (seen.has(schema.name)) {
    return JSON.stringify(schema.name);
  }
  seen.add(schema.name);
  const start = '{"name":' + JSON.stringify(schema.name) + ',"type":"' + schema.type + '",';
  return schema.type === 'enum'
    ? start + '"symbols":' + JSON.stringify(schema.symbols) + '}'
    : start + '"fields":[' + schema.fields.map((field) => '{"name":' + JSON.stringify(field.name) + ',"type":'
        + canonical(field.type, seen) + '}').join(',') + ']}';
}

/** The 64-bit Rabin fingerprint of the specification. */
function fingerprint(text) {
  let hash = EMPTY_FINGERPRINT;
  for (const byte of Buffer.from(text, 'utf8')) {
    let low = (hash ^ BigInt(byte)) & 0xffn;
    for (let bit = 0; bit < 8; bit++) {
      low = (low >> 1n) ^ (low & 1n ? EMPTY_FINGERPRINT : 0n);
    }
    hash = (hash >> 8n) ^ low;
  }
  return hash;
}

function write(type, value, parts) {
  if (Array.isArray(type)) {
    const branch = type.findIndex((candidate) => (candidate === 'null') === (value === null || value === undefined));
    writeLong(BigInt(branch), parts);
    write(type[branch], value, parts);
  } else if (type === 'boolean') {
    parts.push(Buffer.from([value ? 1 : 0]));
  } else if (type === 'int' || type === 'long') {
    writeLong(BigInt(value), parts);
  } else if (type === 'bytes' || type === 'string') {
    const bytes = Buffer.from(value);
    writeLong(BigInt(bytes.length), parts);
    parts.push(bytes);
  } else if (type.type === 'enum') {
    writeLong(BigInt(type.symbols.indexOf(value)), parts);
  } else if (type.type === 'map') {
    const names = Object.keys(value).sort();
    if (names.length > 0) {
      writeLong(BigInt(names.length), parts);
      names.forEach((name) => {
        write('string', name, parts);
        write(type.values, value[name], parts);
      });
    }
    writeLong(0n, parts);
  } else if (type.type === 'record') {
    type.fields.forEach((field) => write(field.type, value[field.name], parts));
  }
}

function writeLong(value, parts) {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  parts.push(Buffer.from(bytes));
}

function read(type, input) {
  if (Array.isArray(type)) {
    const branch = Number(readLong(input));
    if (branch < 0 || branch >= type.length) {
      throw new Error('a union has no type ' + branch);
    }
    return read(type[branch], input);
  }
  if (type === 'null') {
    return null;
  }
  if (type === 'boolean') {
    return take(1, input)[0] === 1;
  }
  if (type === 'int') {
    return Number(readLong(input));
  }
  if (type === 'long') {
    return readLong(input);
  }
  if (type === 'bytes' || type === 'string') {
    const bytes = take(Number(readLong(input)), input);
    return type === 'bytes' ? bytes : bytes.toString('utf8');
  }
  if (type.type === 'enum') {
    return type.symbols[Number(readLong(input))];
  }
  if (type.type === 'map') {
    return readMap(type, input);
  }
  const record = {};
  type.fields.forEach((field) => {
    record[field.name] = read(field.type, input);
  });
  return record;
}

function readMap(type, input) {
  const map = {};
  for (;;) {
    let count = readLong(input);
    if (count === 0n) {
      return map;
    }
    if (count < 0n) {
      count = -count;
      readLong(input);
    }
    for (let i = 0n; i < count; i++) {
      const name = read('string', input);
      map[name] = read(type.values, input);
    }
  }
}

function readLong(input) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = take(1, input)[0];
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
  }
}

function take(length, input) {
  if (length < 0 || input.at + length > input.bytes.length) {
    throw new Error('ends in the middle of the record');
  }
  input.at += length;
  return input.bytes.subarray(input.at - length, input.at);
}

module.exports = { Codec };
