/** Messages on every subject of the contracts, from somebody with a service's rights: garbage, forgeries, replays, and good ones bent. */
import {
  commandEnvelope,
  jobCommands,
  natsHeaders,
  platformTenantId,
  resultMessage,
  revocationHeartbeat,
  revocationNotice,
  sharedLanes,
  subjects,
  tenantCommands,
  workerCommands,
  workKinds,
  workMessage,
} from '@freight/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { hostileText, hostileValue } from './corpus.ts';
import type { Schema } from './document.ts';
import { anyId, leaf, type Tree, valueOf, write } from './json.ts';
import { spoil, spoilBytes } from './spoil.ts';

/** A message before it is sent; `{{name:n}}` in it stands for ids that exist by then. */
export interface HostileMessage {
  readonly subject: string;
  readonly data: Buffer;
  /** In latin1, as they stand on the wire: `NATS/1.0` and lines of names and values. Undefined: none. */
  readonly headers: string | undefined;
}

const commands: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  tenants: tenantCommands,
  jobs: jobCommands,
  workers: workerCommands,
};

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

const valuesOf = (schema: z.ZodType): fc.Arbitrary<Tree> => valueOf(schemaOf(schema), one => one, {});

/** A good value, one with something wrong in it, or text that is none: in one of three messages each. */
const dataOf = (good: fc.Arbitrary<Tree>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 4, arbitrary: good.map(tree => Buffer.from(write(tree))) },
    { weight: 6, arbitrary: spoil(good).map(tree => Buffer.from(write(tree))) },
    { weight: 3, arbitrary: spoilBytes(good.map(write)) },
    { weight: 2, arbitrary: hostileValue.map(tree => Buffer.from(write(tree))) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(0, 1000, 2000, 5000, 70_000, 1_040_000).map(length => Buffer.alloc(length, '{"a":')),
    },
  );

const tenantId = anyId('tenantId');

/** What may stand between two dots; an id, mostly. */
const token = fc.oneof(
  { weight: 6, arbitrary: tenantId },
  { weight: 1, arbitrary: fc.constant(platformTenantId) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '*',
      '>',
      '__proto__',
      'constructor',
      'é',
      '\u{1F600}',
      '{}',
      '-',
      '_INBOX',
      'x'.repeat(900),
    ),
  },
);

/** A subject that a filter takes in. */
const within = (filter: string): fc.Arbitrary<string> => {
  const parts = filter.split('.').map(part => (part === '*' || part === '>' ? token : fc.constant(part)));
  return fc.tuple(...parts).map(all => all.join('.'));
};

/** Every subject that the contracts build, with any tokens for what they ask: a new one is taken up by itself. */
const anySubject: fc.Arbitrary<string> = fc.oneof(
  ...Object.values(subjects).map(subject => {
    if (typeof subject === 'string') return within(subject);
    const build = subject as (...args: string[]) => string | Readonly<Record<string, string>>;
    return fc.tuple(...Array.from({ length: build.length }, () => token)).chain(args => {
      const built = build(...args);
      return typeof built === 'string' ? fc.constant(built) : fc.constantFrom(...Object.values(built)).chain(within);
    });
  }),
);

const knownReplies = fc.constantFrom(
  '',
  '>',
  '*',
  '_INBOX.>',
  '_INBOX.*.x',
  '_INBOX',
  '_INBOX.',
  '_INBOX..a',
  '_INBOX.a b',
  ' ',
  '.',
  'a',
  'freight.evt.{{tenantId:0}}.jobs.{{jobId:0}}.job-started',
  'freight.cmd.{{tenantId:0}}.jobs.start-job',
  'freight.work.high.{{tenantId:0}}.load',
  'freight.revoked.{{tenantId:0}}',
  'freight.heartbeat.revocations',
  '$JS.API.STREAM.DELETE.FREIGHT_EVENTS',
  '$JS.API.STREAM.PURGE.FREIGHT_COMMANDS',
  '$JS.ACK.FREIGHT_WORK.x.1.1.1.1.1',
  '$SYS.REQ.SERVER.PING',
  'freight.result.{{tenantId:0}}.{{jobId:0}}',
  `_INBOX.${'x'.repeat(3500)}`,
  '_INBOX.é',
  '_INBOX.ok',
);

const headerLine = fc.oneof(
  { weight: 5, arbitrary: knownReplies.map(value => `${natsHeaders.replyTo}: ${value}`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'traceparent',
          'tracestate',
          'baggage',
          natsHeaders.deadReason,
          natsHeaders.deadSubject,
          'x',
          '__proto__',
        ),
        // A line end would begin another header.
        hostileText.map(text =>
          Buffer.from(text)
            .toString('latin1')
            .replace(/[\r\n\0]/g, '')
            .slice(0, 5000),
        ),
      )
      .map(([name, value]) => `${name}: ${value}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'Nats-Msg-Id: same',
      'no colon',
      ': x',
      'a:',
      `${natsHeaders.replyTo}: _INBOX.a\r\n${natsHeaders.replyTo}: freight.evt.x.y.z`,
      `x: ${'y'.repeat(20_000)}`,
    ),
  },
);

const headers: fc.Arbitrary<string | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 3,
    arbitrary: fc
      .array(headerLine, { minLength: 1, maxLength: 4 })
      .map(lines => `NATS/1.0\r\n${lines.join('\r\n')}\r\n\r\n`),
  },
  { weight: 1, arbitrary: fc.constantFrom('NATS/1.0 503\r\n\r\n', 'NATS/1.0 408 x\r\na: b\r\n\r\n') },
);

/** A command that the gateway might have recorded, with a body that fits its type. */
const commandMessage: fc.Arbitrary<{ subject: string; data: Buffer }> = fc
  .constantFrom(
    ...Object.entries(commands).flatMap(([service, types]) => Object.keys(types).map(type => ({ service, type }))),
  )
  .chain(({ service, type }) => {
    const body = valuesOf(commands[service]?.[type] ?? z.unknown());
    const envelope = (inner: fc.Arbitrary<Tree>) =>
      fc.tuple(valuesOf(commandEnvelope), inner, fc.boolean(), anyId(`pending_${type.replaceAll('-', '_')}`)).map(
        ([tree, ownBody, isRecorded, pendingId]): Tree => ({
          kind: 'object',
          entries: [
            ...(tree.kind === 'object'
              ? tree.entries.filter(([name]) => !['type', 'body', 'id', 'tenantId', 'callerTenantId'].includes(name))
              : []),
            ['type', leaf(type)],
            ['id', leaf(isRecorded ? pendingId : '{{nowhere:0}}')],
            ['tenantId', leaf('{{tenantId:0}}')],
            ['callerTenantId', leaf('{{tenantId:0}}')],
            ['body', ownBody],
          ],
        }),
      );
    return fc.record({
      subject: fc.oneof(
        { weight: 8, arbitrary: fc.constant(`freight.cmd.{{tenantId:0}}.${service}.${type}`) },
        { weight: 1, arbitrary: token.map(one => `freight.cmd.${one}.${service}.${type}`) },
        { weight: 1, arbitrary: token.map(one => `freight.cmd.{{tenantId:0}}.${service}.${one}`) },
      ),
      data: fc.oneof(
        { weight: 2, arbitrary: dataOf(envelope(body)) },
        // What passes every schema but for one thing in the body goes deepest.
        { weight: 3, arbitrary: envelope(spoil(body)).map(tree => Buffer.from(write(tree))) },
      ),
    });
  });

const workMessages = fc
  .record({ lane: fc.constantFrom(...sharedLanes), kind: fc.constantFrom(...workKinds) })
  .chain(({ lane, kind }) =>
    fc.record({
      subject: fc.oneof(
        { weight: 8, arbitrary: fc.constant(`freight.work.${lane}.{{tenantId:0}}.${kind}`) },
        { weight: 1, arbitrary: token.map(one => `freight.work.${lane}.${one}.${kind}`) },
      ),
      data: dataOf(valuesOf(workMessage)),
    }),
  );

const on = (subject: fc.Arbitrary<string>, schema: z.ZodType) => fc.record({ subject, data: dataOf(valuesOf(schema)) });

/** Heartbeats and notices that could be true: the gateway must not let a dead key in for them. */
const plausible = fc.oneof(
  fc.constantFrom(-1000, -1, 0, 100, 199).map(ahead => ({
    subject: subjects.revocationHeartbeat,
    data: Buffer.from(`{"position":{{position:0}},"at":{{now:${1000 + ahead}}}}`),
  })),
  fc.nat(3).map(ahead => ({
    subject: subjects.revoked('{{tenantId:0}}'),
    data: Buffer.from(`{"tenantId":"{{tenantId:0}}","position":{{position:${ahead}}}}`),
  })),
);

export const hostileMessage: fc.Arbitrary<HostileMessage> = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: commandMessage },
      { weight: 4, arbitrary: workMessages },
      {
        weight: 2,
        arbitrary: on(
          tenantId.map(id => subjects.result(id, id)),
          resultMessage,
        ),
      },
      { weight: 2, arbitrary: on(tenantId.map(subjects.revoked), revocationNotice) },
      { weight: 2, arbitrary: on(fc.constant(subjects.revocationHeartbeat), revocationHeartbeat) },
      { weight: 2, arbitrary: plausible },
      { weight: 6, arbitrary: fc.record({ subject: anySubject, data: dataOf(fc.constant(leaf('x'))) }) },
    ),
    headers,
  )
  .map(([message, own]) => ({ ...message, headers: own }));
