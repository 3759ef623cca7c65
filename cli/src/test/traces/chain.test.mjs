// What one collector has of a demo: that traces are whole over all services, and hold nothing that anybody wrote.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdirSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {after, before, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {collect} from './collector.mjs';

const {ROOT: root, WORK: work, AGAIN: again} = process.env;
const PATIENCE_MS = 40 * 60_000;
const PROMPTS = 'prompts.submitted.v1';
const GENERATE = 'millrace.policy.v1.PolicyService/Generate';
const SCORE = 'millrace.reward.v1.RewardService/Score';
const file = name => join(work, name);

let spans = [];
let twice = 0;
let counted; // what the services' own metrics say at the end of the demo
const byId = new Map();
const children = new Map();

const id = (trace, span) => `${trace}/${span}`;
const of = (service, name) => spans.filter(span => span.resource['service.name'] === service && span.name === name);
const parent = span => byId.get(id(span.trace, span.parent));
const below = (span, service, name) => (children.get(id(span.trace, span.id)) ?? [])
  .filter(child => child.resource['service.name'] === service && child.name === name);
const calls = (span, service, path) => below(span, service, 'POST').filter(call => call.attributes['url.path'] === `/${path}`);
const succeeded = call => call.attributes['rpc.grpc.status_code'] === 0;
const outcome = span => span.attributes['millrace.outcome'];
const sum = numbers => numbers.reduce((total, number) => total + number, 0);
const only = list => (assert.equal(list.length, 1), list[0]);

before(async () => {
  if (!again) await demo();
  const lines = readFileSync(file('spans.jsonl'), 'utf8').split('\n').filter(Boolean);
  const different = [...new Set(lines)]; // what is not answered in time is sent once more
  twice = lines.length - different.length;
  spans = different.map(line => JSON.parse(line));
  counted = JSON.parse(readFileSync(file('counted.json'), 'utf8'));
  for (const span of spans) {
    byId.set(id(span.trace, span.id), span);
    const above = id(span.trace, span.parent);
    children.set(above, [...children.get(above) ?? [], span]);
  }
});

after(() => {
  const bySpan = {};
  for (const span of spans) {
    const name = `${span.resource['service.name']}: ${span.name}`;
    bySpan[name] = (bySpan[name] ?? 0) + 1;
  }
  console.log(JSON.stringify({spans: spans.length, twice, traces: new Set(spans.map(span => span.trace)).size, bySpan, ...counted}));
});

// Runs the quick demo with a collector, and asks the services what they counted before it is stopped.
async function demo() {
  const state = file('state');
  rmSync(file('spans.jsonl'), {force: true});
  mkdirSync(work, {recursive: true});
  writeFileSync(file('spans.jsonl'), '');
  const collector = await collect(0, file('spans.jsonl'));
  const delay = monitorEventLoopDelay();
  delay.enable();
  const log = openSync(file('demo.log'), 'w');
  const running = spawn(join(root, 'millrace'), ['demo', '--quick', '--keep', '--state', state], {
    env: {...process.env, OTEL_SDK_DISABLED: 'false', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`},
    stdio: ['ignore', log, log],
  });
  const ended = new Promise(resolve => running.on('exit', resolve).on('error', resolve));
  try {
    const end = Date.now() + PATIENCE_MS;
    while (!readFileSync(file('demo.log'), 'utf8').includes('The system stays up')) {
      assert.ok(running.pid !== undefined && running.exitCode === null && running.signalCode === null, `the demo ended; its words are in ${file('demo.log')}`);
      assert.ok(Date.now() < end, `the demo was not done after ${PATIENCE_MS / 60_000} minutes`);
      await sleep(1000);
    }
    writeFileSync(file('counted.json'), JSON.stringify({...await count(state), collectorStoodMs: Math.round(delay.max / 1e6)}));
  } finally {
    running.kill('SIGTERM');
    await Promise.race([ended, sleep(120_000, undefined, {ref: false})]);
    running.kill('SIGKILL'); // of no effect on what has ended
    await collector.close();
  }
  assert.deepEqual(collector.failures, []);
}

async function count(state) {
  const {ports} = JSON.parse(readFileSync(join(state, 'system.json'), 'utf8'));
  const figures = readFileSync(file('demo.log'), 'utf8').split('\n').filter(line => line.startsWith('{')).at(-1);
  const metric = async (service, name) => {
    const page = await (await fetch(`http://127.0.0.1:${ports[service]}/q/metrics`, {signal: AbortSignal.timeout(10_000)})).text();
    const values = [...page.matchAll(new RegExp(`^${name}(?:{[^}]*})? ([0-9.E+]+)`, 'gm'))].map(([, value]) => Number(value));
    assert.ok(values.length > 0, `${service} has no ${name}`);
    return sum(values);
  };
  return {
    rounds: JSON.parse(figures).ppo_rounds,
    prompts: sum(await Promise.all(['rollout-0', 'rollout-1'].map(worker => metric(worker, 'millrace_rollout_settled_prompts_total')))),
    answers: await metric('inference', 'vllm:request_success_total'),
    scores: await metric('reward', 'millrace_reward_score_seconds_count'),
  };
}

test('a prompt of PPO is one trace: from the trainer through the worker to inference and reward', () => {
  const created = of('trainer', `create ${PROMPTS}`);
  assert.ok(created.length > 0);
  for (const prompt of created) {
    assert.equal(prompt.parent, undefined);
    const answered = below(prompt, 'rollout', `process ${PROMPTS}`).filter(span => outcome(span) === 'scored');
    assert.ok(answered.length >= 1, `${prompt.attributes['millrace.prompt_id']} was not answered`);
    for (const answer of answered) {
      const generate = only(below(answer, 'rollout', GENERATE).filter(succeeded));
      const score = only(below(answer, 'rollout', SCORE).filter(succeeded));
      const request = only(below(only(calls(generate, 'inference', GENERATE)), 'inference', 'llm_request'));
      assert.equal(request.attributes['gen_ai.request.n'], answer.attributes['millrace.samples']);
      const scored = only(calls(score, 'reward', SCORE));
      assert.equal(scored.attributes['millrace.completions'], answer.attributes['millrace.samples']);
      assert.ok(BigInt(generate.end) <= BigInt(score.start), 'scored before it was answered');
    }
  }
});

test('a round links the prompts that it learned from, by what their rollouts carry', () => {
  const rounds = of('trainer', 'ppo round');
  assert.equal(rounds.length, counted.rounds);
  const learned = [];
  for (const round of rounds) {
    assert.ok(round.links?.length > 0, `round ${round.attributes['millrace.round']} learned from nothing`);
    for (const link of round.links) {
      const answer = byId.get(id(link.trace, link.span));
      assert.equal(answer?.name, `process ${PROMPTS}`);
      assert.equal(outcome(answer), 'scored');
      const prompt = parent(answer);
      assert.equal(prompt.attributes['millrace.run_id'], round.attributes['millrace.run_id']);
      assert.ok(prompt.attributes['millrace.round'] <= round.attributes['millrace.round']);
      learned.push(prompt.id);
    }
  }
  assert.deepEqual(learned.sort(), of('trainer', `create ${PROMPTS}`).map(prompt => prompt.id).sort());
});

test('a comparison is answered in a trace of its own, and not scored', () => {
  const compared = of('rollout', `process ${PROMPTS}`).filter(span => ['comparable', 'alike'].includes(outcome(span)));
  assert.ok(compared.length > 0);
  for (const prompt of compared) {
    assert.equal(prompt.parent, undefined);
    const generate = only(below(prompt, 'rollout', GENERATE).filter(succeeded));
    only(below(only(calls(generate, 'inference', GENERATE)), 'inference', 'llm_request'));
    assert.deepEqual(below(prompt, 'rollout', SCORE), []);
  }
});

// Names and capitals of the countries are in every question and in nearly every answer that is no refusal; what is
// longer than two words could be a sentence.
test('nothing that anybody wrote is in a span', () => {
  const names = readFileSync(join(root, 'examples/atlas/world/countries.tsv'), 'utf8').split('\n')
    .filter(line => line && !line.startsWith('#')).slice(1)
    .flatMap(line => line.split('\t').slice(0, 2)).filter(name => name.length > 3);
  assert.ok(names.length > 200);
  const written = new RegExp(`\\b(${names.map(name => name.replace(/[^\p{L}\d ]/gu, '.')).join('|')})\\b|don't know`, 'iu');
  const strings = value => typeof value === 'string' ? [value]
    : typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, each]) => [key, ...strings(each)]) : [];
  for (const span of spans) {
    const {resource, ...rest} = span;
    for (const said of strings(rest)) {
      assert.doesNotMatch(said, written, `${span.name} has it`);
      assert.ok(said.split(' ').length <= 2, `${span.name} says "${said}"`);
    }
  }
});

test('no span is lost, cut, or without the one above it', () => {
  assert.deepEqual(spans.filter(span => span.parent && !parent(span)).map(span => span.name), []);
  assert.deepEqual(spans.filter(span => span.droppedAttributes || span.droppedEvents || span.droppedLinks).map(span => span.name), []);
  assert.equal(byId.size, spans.length);
  assert.equal(of('rollout', `process ${PROMPTS}`).length, counted.prompts);
  assert.equal(sum(of('inference', 'llm_request').map(request => request.attributes['gen_ai.request.n'])), counted.answers);
  assert.equal(of('reward', 'POST').filter(call => call.attributes['url.path'] === `/${SCORE}`).length, counted.scores);
  for (const [service, name] of [['inference', GENERATE], ['reward', SCORE]]) {
    for (const call of of('rollout', name).filter(succeeded)) only(calls(call, service, name));
  }
});
