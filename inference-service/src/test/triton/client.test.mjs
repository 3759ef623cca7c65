// A client of the Open Inference Protocol that knows nothing of us: gRPC for Node, and the protocol by reflection or from
// the file that PROTO names.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import reflection from 'grpc-js-reflection-client';

const address = process.env.ADDRESS;
const SERVICE = 'inference.GRPCInferenceService';
const options = {keepCase: true, longs: String, enums: String, defaults: true, oneofs: true};
let client;

before(async () => {
  let service;
  if (process.env.PROTO) {
    service = grpc.loadPackageDefinition(await loader.load(process.env.PROTO, options)).inference.GRPCInferenceService;
  } else {
    const reflected = new reflection.GrpcReflection(address, grpc.ChannelCredentials.createInsecure());
    assert.ok((await reflected.listServices()).includes(SERVICE));
    const found = await reflected.getDescriptorBySymbol(SERVICE);
    service = found.getPackageObject(options).inference.GRPCInferenceService;
  }
  client = new service(address, grpc.credentials.createInsecure());
});

after(() => client?.close());

const call = (method, request) => new Promise((resolve, reject) => {
  assert.equal(typeof client[method], 'function', `${method} is not in this protocol`);
  client[method](request, {deadline: Date.now() + 30_000}, (error, reply) => error ? reject(error) : resolve(reply));
});
// The reflected protocol is built from descriptors, where a map is a list of its entries: the same bytes.
const map = values => process.env.PROTO ? values : Object.entries(values).map(([key, value]) => ({key, value}));
const entry = (values, name) => Array.isArray(values) ? values.find(({key}) => key === name)?.value : values[name];
// Reserved characters of URIs stay encoded in this client, which Vert.x encodes and other servers do not.
const told = error => decodeURIComponent(error.details);
const text = value => Buffer.from(value, 'utf8');
const prompts = (name, ...texts) =>
  ({name, datatype: 'BYTES', shape: [texts.length], contents: {bytes_contents: texts.map(text)}});
const parameters = map({max_tokens: {int64_param: 8}, temperature: {string_param: '0.7'}, seed: {int64_param: 5}, ignore_eos: {bool_param: true}});
const framed = (...texts) => Buffer.concat(texts.flatMap(value => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text(value).length);
  return [length, text(value)];
}));
const output = (reply, name) => reply.outputs.find(tensor => tensor.name === name);

test('the server is live and ready, and says who it is', async () => {
  assert.equal((await call('ServerLive', {})).live, true);
  assert.equal((await call('ServerReady', {})).ready, true);
  assert.equal((await call('ServerMetadata', {})).name, 'millrace');
});

test('a model says what it takes and gives, and refuses what it does not know', async () => {
  const model = await call('ModelMetadata', {name: ''});
  assert.equal((await call('ModelReady', {name: model.name, version: model.versions[0]})).ready, true);
  assert.equal((await call('ModelReady', {name: 'nobody'})).ready, false);
  assert.ok(model.inputs.map(tensor => tensor.name).includes('text_input'));
  await assert.rejects(call('ModelInfer', {model_name: 'nobody', inputs: [prompts('text', 'x')]}),
    error => error.code === grpc.status.NOT_FOUND);
  await assert.rejects(call('ModelInfer', {inputs: [prompts('words', 'x')]}),
    error => error.code === grpc.status.INVALID_ARGUMENT && told(error).startsWith('inputs[0].name: expected one of'));
});

test('a batch of prompts is continued, listed and raw alike, with every output', async () => {
  const names = (await call('ModelMetadata', {name: ''})).outputs.map(tensor => tensor.name);
  const outputs = names.map(name => ({name}));
  const listed = await call('ModelInfer', {id: 'a', parameters, inputs: [prompts('text', 'rain', 'the mill')], outputs});
  assert.equal(listed.id, 'a');
  assert.deepEqual(listed.outputs.map(tensor => tensor.name), names);
  assert.deepEqual(output(listed, 'tokens').contents.int_contents, [8, 8]);
  assert.deepEqual(output(listed, 'token_ids').shape, ['2', '8']);
  assert.equal(output(listed, 'log_probs').contents.fp32_contents.length, 16);
  assert.ok(output(listed, 'log_probs').contents.fp32_contents.every(nats => nats <= 0));
  assert.deepEqual(output(listed, 'finish_reason').contents.bytes_contents.map(String), ['length', 'length']);
  assert.equal(output(listed, 'model_version').contents.int64_contents[0], listed.model_version);

  const raw = await call('ModelInfer', {parameters, outputs: [{name: 'text'}, {name: 'token_ids'}],
    inputs: [{name: 'text', datatype: 'BYTES', shape: [2]}], raw_input_contents: [framed('rain', 'the mill')]});
  const texts = output(listed, 'text').contents.bytes_contents.map(String);
  assert.ok(raw.raw_output_contents[0].equals(framed(...texts)));
  assert.equal(raw.raw_output_contents[1].readInt32LE(0), output(listed, 'token_ids').contents.int_contents[0]);

  const ids = output(listed, 'token_ids').contents.int_contents.slice(0, 4);
  const continued = await call('ModelInfer', {parameters,
    inputs: [{name: 'token_ids', datatype: 'INT64', shape: [1, 4], contents: {int64_contents: ids}}]});
  assert.deepEqual(output(continued, 'tokens').contents.int_contents, [8]);
});

test('parameters may be a tensor of JSON, as for vLLM behind Triton', async () => {
  const json = prompts('sampling_parameters', JSON.stringify({max_tokens: '8', temperature: 0.7, seed: 5, ignore_eos: true, stop: ['qqq']}));
  const reply = await call('ModelInfer', {inputs: [prompts('text_input', 'rain'), json]});
  const same = await call('ModelInfer', {parameters, inputs: [prompts('text', 'rain')]});
  assert.deepEqual(reply.outputs.map(tensor => tensor.name), ['text_output']);
  assert.deepEqual(reply.outputs[0].contents.bytes_contents, output(same, 'text').contents.bytes_contents);
});

test('an answer streams', async t => {
  if (!client.ModelStreamInfer) {
    t.skip('the protocol of this file has no stream');
    return;
  }
  const pieces = await new Promise((resolve, reject) => {
    const got = [];
    const stream = client.ModelStreamInfer({deadline: Date.now() + 30_000});
    stream.on('data', piece => got.push(piece));
    stream.on('error', reject);
    stream.on('end', () => resolve(got));
    stream.write({id: 'x', parameters, inputs: [prompts('text_input', 'rain'),
      {name: 'stream', datatype: 'BOOL', shape: [1], contents: {bool_contents: [true]}}]});
    stream.end();
  });
  const whole = await call('ModelInfer', {parameters, inputs: [prompts('text_input', 'rain')]});
  const joined = pieces.map(piece => String(piece.infer_response.outputs[0].contents.bytes_contents[0])).join('');
  assert.equal(joined, String(whole.outputs[0].contents.bytes_contents[0]));
  assert.deepEqual(pieces.map(piece => piece.error_message).filter(Boolean), []);
  assert.equal(entry(pieces.at(-1).infer_response.parameters, 'triton_final_response').bool_param, true);
});

test('the repository lists what is served', async t => {
  if (!client.RepositoryIndex) {
    t.skip('the protocol of this file has no repository');
    return;
  }
  const {models} = await call('RepositoryIndex', {ready: true});
  assert.ok(models.length >= 1 && models.every(model => model.state === 'READY'));
});
