// A collector for tests: takes spans as OTLP over gRPC, and appends each to a file as a line of JSON. Alone:
// node collector.mjs PORT FILE
import {appendFileSync} from 'node:fs';
import http2 from 'node:http2';
import {gunzipSync} from 'node:zlib';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

// Numbers and values of a message of protobuf: 64 bits as BigInt, 32 as a number, all else as bytes.
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a message ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const next = size => {
    at += size;
    if (at > bytes.length) throw new Error(`a message ends within a field of ${size} bytes`);
    return bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >> 3;
    switch (key & 7) {
      case 0: yield [number, varint()]; break;
      case 1: yield [number, next(8)]; break;
      case 2: yield [number, next(Number(varint()))]; break;
      case 5: yield [number, next(4)]; break;
      default: throw new Error(`wire type: expected 0, 1, 2 or 5, got ${key & 7}`);
    }
  }
}

// Reads a message with a reader for each field that matters: {number: (object, value) => …}.
const message = readers => bytes => {
  const read = {};
  for (const [number, value] of fields(bytes)) readers[number]?.(read, value);
  return read;
};
const set = (name, read) => (object, value) => { object[name] = read(value); };
const add = (name, read) => (object, value) => { (object[name] ??= []).push(read(value)); };
const text = value => value.toString('utf8');
const hex = value => value.toString('hex');
const nanos = value => String(value.readBigUInt64LE());

const anyValue = bytes => {
  for (const [number, value] of fields(bytes)) {
    switch (number) {
      case 1: return text(value);
      case 2: return value === 1n;
      case 3: return Number(BigInt.asIntN(64, value));
      case 4: return value.readDoubleLE();
      case 5: return [...fields(value)].map(([, element]) => anyValue(element));
      default: throw new Error(`AnyValue: expected fields 1 to 5, got ${number}`);
    }
  }
  return null;
};
const attribute = (object, bytes) => {
  const {key, value} = message({1: set('key', text), 2: set('value', anyValue)})(bytes);
  (object.attributes ??= {})[key] = value ?? null;
};
const event = message({2: set('name', text), 3: attribute});
const link = message({1: set('trace', hex), 2: set('span', hex), 4: attribute});
const status = message({2: set('message', text), 3: set('code', Number)});
const span = message({
  1: set('trace', hex), 2: set('id', hex), 4: set('parent', hex), 5: set('name', text), 6: set('kind', Number),
  7: set('start', nanos), 8: set('end', nanos), 9: attribute, 10: set('droppedAttributes', Number),
  11: add('events', event), 12: set('droppedEvents', Number), 13: add('links', link), 14: set('droppedLinks', Number),
  15: set('status', status),
});
const request = message({1: add('resources', message({
  1: set('resource', message({1: attribute})),
  2: add('scopes', message({2: add('spans', span)})),
}))});

// The spans of a request of OTLP, each with the attributes of what sent it as its `resource`.
export const spans = bytes => (request(bytes).resources ?? []).flatMap(({resource, scopes}) =>
  (scopes ?? []).flatMap(scope => scope.spans ?? []).map(each => ({...each, resource: resource?.attributes ?? {}})));

// What a call of gRPC sent: a byte for its compression, four for its length, and the message.
const unframed = bytes => {
  const content = bytes.subarray(5, 5 + bytes.readUInt32BE(1));
  return bytes[0] === 1 ? gunzipSync(content) : content;
};

// @returns {Promise<{port: number, requests: number, failures: string[], close: () => Promise<void>}>}
export const collect = (port, file) => new Promise((listening, failed) => {
  const collector = {requests: 0, failures: []};
  const sessions = new Set();
  const server = http2.createServer();
  const answer = (stream, code, said = '') => {
    stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
    stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': String(code), 'grpc-message': encodeURI(said)}));
    stream.end(code === 0 ? Buffer.alloc(5) : undefined);
  };
  server.on('session', session => sessions.add(session.on('close', () => sessions.delete(session))));
  server.on('stream', (stream, headers) => {
    const parts = [];
    stream.on('data', part => parts.push(part));
    stream.on('error', error => collector.failures.push(String(error)));
    stream.on('end', () => {
      collector.requests++;
      if (headers[':path'] !== EXPORT) {
        collector.failures.push(`path: expected ${EXPORT}, got ${headers[':path']}`);
        answer(stream, 12, 'traces alone are taken');
        return;
      }
      try {
        appendFileSync(file, spans(unframed(Buffer.concat(parts))).map(each => JSON.stringify(each) + '\n').join(''));
        answer(stream, 0);
      } catch (error) {
        collector.failures.push(String(error));
        answer(stream, 13, String(error));
      }
    });
  });
  server.on('error', failed);
  server.listen(port, '127.0.0.1', () => {
    collector.port = server.address().port;
    collector.close = () => new Promise(closed => {
      sessions.forEach(session => session.destroy());
      server.close(closed);
    });
    listening(collector);
  });
});

if (import.meta.filename === process.argv[1]) {
  const [port, file] = process.argv.slice(2);
  console.log(`listening on 127.0.0.1:${(await collect(Number(port), file)).port}`);
}
