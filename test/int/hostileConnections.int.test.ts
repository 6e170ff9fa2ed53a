/** What comes over a connection and is no request, or comes too slowly, or is not taken: answered as a problem or cut off, never a burden. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { newId } from '@freight/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzCases, fuzzSeed, howToReplay } from '../hostile/fuzzSettings.ts';
import { openWire, readAnswer, type WireAnswer } from '../hostile/wire.ts';
import { type Api, type GatewayFixture, insertJob, startGatewayFixture, until } from './gatewayFixture.ts';

const generatedConnections = Math.min(20_000, fuzzCases(2000));
const connectionsMax = 60;

let f: GatewayFixture;
/** A gateway with little patience. */
let hasty: { api: Api; stop(): Promise<void> };
let port: number;
let tenant: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture();
  hasty = await f.another({
    FREIGHT_REQUEST_ARRIVAL_MS: '400',
    FREIGHT_CLIENT_STALL_MS: '400',
    FREIGHT_HTTP_CONNECTIONS_MAX: String(connectionsMax),
  });
  port = Number(new URL(hasty.api.url).port);
  tenant = await f.tenant({ requestsPerSecond: 10_000, requestBurst: 10_000 });
});
afterAll(async () => {
  await hasty?.stop();
  await f?.stop();
});

const good = () => `GET /v1/jobs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${tenant.key}\r\n\r\n`;

/** Writes the pieces one after the other and reads until the other side closes, or until enough has come. `last`: says that no more follows. */
const talk = (
  pieces: readonly Buffer[],
  { enough = () => false, last = false }: { enough?: (bytes: Buffer) => boolean; last?: boolean } = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`still open after 20 s: ${Buffer.concat(chunks).toString('latin1').slice(0, 300)}`));
    }, 20_000);
    const finish = () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    };
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
      if (last) socket.end();
    });
    socket.on('data', chunk => {
      chunks.push(chunk);
      if (enough(Buffer.concat(chunks))) socket.destroy();
    });
    // Cut off while we still write: what came before is what counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', finish);
  });

const answersIn = (bytes: Buffer): readonly WireAnswer[] => {
  const answers: WireAnswer[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const read = readAnswer(rest, 'GET');
    if (!read) break;
    answers.push(read.answer);
    rest = rest.subarray(read.end);
  }
  return answers;
};

const problemOf = (answer: WireAnswer | undefined): readonly unknown[] => {
  if (!answer) return [];
  const { code, status } = JSON.parse(answer.body.toString()) as { code: string; status: number };
  return [status === answer.status, answer.headers.get('content-type'), code];
};
const isServing = async () => expect((await hasty.api.call('GET', '/v1/jobs', { key: tenant.key })).status).toBe(200);

interface Generated {
  readonly texts: readonly string[];
  readonly edits: readonly { readonly at: number; readonly drop: number; readonly insert: string }[];
  readonly cuts: readonly number[];
}

describe('bytes that are no request', () => {
  const post = 'POST /v1/jobs HTTP/1.1\r\nHost: h\r\n';
  const smuggled = 'GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n';

  it.each([
    ['nothing that is HTTP', 'hello\r\n\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version of their own', 'GET / HTTP/9.9\r\nHost: h\r\n\r\n'],
    ['a method that nobody knows', 'BREW / HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a header without a colon', `GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n`],
    ['a header with NUL in it', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${post}Content-Length: +1\r\n\r\n{`],
    ['two lengths', `${post}Content-Length: 0\r\nContent-Length: 40\r\n\r\n${smuggled}`],
    ['a length and chunks', `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks and a length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks that are not the last coding', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a coding that only looks like chunks', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a hidden coding', `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a request in a header', `GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n${smuggled}`],
  ])('like %s get a problem and the end of the connection, and hide no second request', async (_, text) => {
    const answers = answersIn(await talk([Buffer.from(text, 'latin1')]));
    expect(answers.length).toBeLessThanOrEqual(1);
    expect(problemOf(answers[0])).toEqual([true, 'application/problem+json', 'invalid_request']);
    expect(answers[0]?.headers.get('connection')).toBe('close');
    await isServing();
  });

  it.each([
    ['no Host', 'GET /v1/jobs HTTP/1.1\r\n\r\n', 400, 'invalid_request'],
    ['a Host that is none', 'GET /v1/jobs HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'invalid_request'],
    ['64 KB of headers', `GET / HTTP/1.1\r\nHost: h\r\nX: ${'y'.repeat(65_536)}\r\n\r\n`, 431, 'headers_too_large'],
    [
      'an expectation that nobody knows',
      'GET /v1/jobs HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n',
      401,
      'unauthenticated',
    ],
  ])('but for %s are answered by its name', async (_, text, status, code) => {
    const [answer] = answersIn(
      await talk([Buffer.from(text)], { enough: bytes => readAnswer(bytes, 'GET') !== undefined }),
    );
    expect([answer?.status, ...problemOf(answer)]).toEqual([status, true, 'application/problem+json', code]);
    expect(answer?.headers.get('x-request-id')).toBeTruthy();
  });

  it('do not get the answer of the request before them', async () => {
    const [first, second] = answersIn(await talk([Buffer.from(`${good()}garbage\r\n\r\n`)]));
    // Either was quicker: the good request is answered as it should be, or not at all.
    expect([undefined, 200]).toContain(first?.status);
    expect([undefined, 400]).toContain(second?.status);
    await isServing();
  });

  it('of every kind end in an answer below 500 or the end of the connection', { timeout: 120_000 }, async () => {
    const body = '{"label":"a"}';
    const base = fc.constantFrom(
      good(),
      `POST /v1/api-keys HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${tenant.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `POST /v1/jobs HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n`,
    );
    const piece = fc.oneof(
      fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', ':', '\t', '\xff', 'HTTP/1.1', 'chunked', '0\r\n\r\n'),
      fc.constantFrom(
        'Content-Length: 5\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Host: x\r\n',
        'Connection: close\r\n',
      ),
      fc.constantFrom(
        'fffffffffffffffff\r\n',
        '7fffffff;a=b\r\n',
        '-1\r\n',
        '%',
        '/../',
        'Upgrade: h2c\r\n',
        'Expect: 100-continue\r\n',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    );
    const edit = fc.record({ at: fc.nat(9999), drop: fc.nat(12), insert: fc.option(piece, { nil: '' }) });
    const connection: fc.Arbitrary<Generated> = fc.record({
      texts: fc.array(base, { minLength: 1, maxLength: 3 }),
      edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
      cuts: fc.array(fc.nat(9999), { maxLength: 4 }),
    });
    const bytesOf = ({ texts, edits, cuts }: Generated): Buffer[] => {
      const text = edits.reduce((before, { at, drop, insert }) => {
        const place = at % (before.length + 1);
        return before.slice(0, place) + insert + before.slice(place + drop);
      }, texts.join(''));
      const places = [0, ...cuts.map(at => at % (text.length + 1)).sort((a, b) => a - b), text.length];
      return places.slice(1).map((to, i) => Buffer.from(text.slice(places[i], to), 'latin1'));
    };
    const began = performance.now();
    const statuses = new Map<number, number>();
    const one = fc.asyncProperty(fc.array(connection, { minLength: 25, maxLength: 25 }), async connections => {
      await Promise.all(
        connections.map(async generated => {
          for (const { status } of answersIn(await talk(bytesOf(generated), { last: true }))) {
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (status >= 500) throw new Error(`${status} to ${JSON.stringify(generated)}`);
          }
        }),
      );
    });
    const outcome = await fc.check(one, {
      seed: fuzzSeed,
      numRuns: Math.ceil(generatedConnections / 25),
      endOnFailure: true,
    });
    expect(outcome.failed, `${String(outcome.errorInstance)}\n${howToReplay(fuzzSeed, 'hostileConnections')}`).toBe(
      false,
    );
    console.log(
      `hostile connections: ${outcome.numRuns * 25} in ${((performance.now() - began) / 1000).toFixed(0)} s (seed ${fuzzSeed}); answers by status ${JSON.stringify(Object.fromEntries(statuses))}`,
    );
    await isServing();
  });
});

describe('a client that takes its time', () => {
  it.each([
    ['the first line', 'GET /v1/jo'],
    ['the headers', 'GET /v1/jobs HTTP/1.1\r\nHost: h\r\nX-Slow: '],
  ])('over %s is told so and cut off', async (_, text) => {
    const [answer] = answersIn(await talk([Buffer.from(text)]));
    expect(problemOf(answer)).toEqual([true, 'application/problem+json', 'request_timeout']);
  });

  it('over the body is told so and cut off, and is no error of ours', async () => {
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${tenant.key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    const before = f.logs.length;
    const [answer] = answersIn(await talk([Buffer.from(head)]));
    expect(problemOf(answer)).toEqual([true, 'application/problem+json', 'request_timeout']);
    await until('it is logged', () => f.logs.slice(before).some(line => line.includes('"durationMs"')));
    expect(f.logs.slice(before).filter(line => line.includes('"level":"error"'))).toEqual([]);
  });

  it('and sends nothing at all is cut off', async () => {
    expect((await talk([])).length).toBeLessThan(1000);
  });
});

/** Opens a connection, sends, and never reads. */
const deafTo = (text: string): Promise<Socket> =>
  new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.pause();
    socket.on('connect', () => {
      socket.write(text);
      resolve(socket);
    });
  });

/** Whether the kernel still holds a connection from this local port to the gateway. */
const isEstablished = (socket: Socket): boolean => {
  const hex = (number: number | undefined) => (number ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some(line => new RegExp(`:${hex(socket.localPort)} [0-9A-F]+:${hex(port)} 01 `).test(line));
};

describe('a client that does not take its answer', () => {
  it('of many pages is cut off', async () => {
    const socket = await deafTo('GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(400));
    expect(isEstablished(socket)).toBe(true);
    await until('it is cut off', () => !isEstablished(socket), 20_000);
    socket.destroy();
    await isServing();
  });

  it('of an event stream is cut off', async () => {
    const jobId = await insertJob(f.database, tenant.id);
    // More than the kernel keeps for both sides.
    await f.database.admin`
      insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
      select ${tenant.id}, ${jobId}, n, gen_random_uuid(), 'phase-started', jsonb_build_object('x', repeat('x', 20000)), '{}', now()
      from generate_series(1, 1500) n`;
    const socket = await deafTo(
      `GET /v1/jobs/${jobId}/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${tenant.key}\r\n\r\n`,
    );
    expect(isEstablished(socket)).toBe(true);
    await until('it is cut off', () => !isEstablished(socket), 20_000);
    socket.destroy();
    await isServing();
  });

  it('is let be while it goes on reading, however slowly', async () => {
    const socket = await deafTo('GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(100));
    let bytes = 0;
    const ended = new Promise<void>(resolve => {
      socket.on('close', () => resolve());
    });
    const timer = setInterval(() => {
      bytes += (socket.read(64 * 1024) as Buffer | null)?.length ?? 0;
      if (bytes > 4 * 1024 * 1024) socket.destroy();
    }, 10);
    await ended;
    clearInterval(timer);
    expect(bytes).toBeGreaterThan(4 * 1024 * 1024);
  });
});

describe('many', () => {
  it('requests in one piece are answered in their order', async () => {
    const count = 200;
    const ids = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? '/openapi.json' : `/v1/jobs/${newId()}`));
    const text = ids
      .map(path => `GET ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${tenant.key}\r\n\r\n`)
      .join('');
    const answers = answersIn(await talk([Buffer.from(text)], { enough: bytes => answersIn(bytes).length === count }));
    expect(answers.map(({ status }) => status)).toEqual(ids.map((_, i) => (i % 2 === 0 ? 200 : 404)));
  });

  it('connections are taken up to the bound, and no more', async () => {
    const idle: Socket[] = [];
    let closed = 0;
    for (let i = 0; i < connectionsMax + 20; i++) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.on('close', () => closed++);
      socket.resume();
      idle.push(socket);
    }
    await until('those beyond are closed', () => closed >= 20);
    expect(idle.filter(socket => !socket.destroyed).length).toBeGreaterThan(0);
    for (const socket of idle) socket.destroy();
    const wire = openWire(port);
    await until('there is room again', async () => {
      const answer = await wire.ask(Buffer.from(good()), 'GET');
      return typeof answer === 'object' && answer.status === 200;
    });
    wire.close();
  });
});
