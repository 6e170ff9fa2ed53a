import { describe, expect, it } from 'vitest';
import { judge } from './judge.ts';
import { nameResources } from './resourceOf.ts';

describe('what the audit log has to do with an answer', () => {
  const stream = new ReadableStream<Uint8Array>();
  it.each([
    ['a command, whose entry is written with its reply', 'post', { status: 201, commandId: 'c' }, 'nothing'],
    ['a refused command', 'post', { status: 409, commandId: 'c' }, 'nothing'],
    ['a change that was no command', 'post', { status: 200 }, 'record'],
    ['a change that was refused here', 'delete', { status: 404 }, 'note'],
    ['a change that failed here', 'patch', { status: 503 }, 'note'],
    ['a read', 'get', { status: 200 }, 'nothing'],
    ['a read of what is not there', 'get', { status: 404 }, 'nothing'],
    ['a read without a valid key', 'get', { status: 401 }, 'note'],
    ['a read without the right', 'get', { status: 403 }, 'note'],
    ['a read that came too often', 'get', { status: 429 }, 'note'],
    ['an export', 'get', { status: 200, stream, headers: { 'content-type': 'text/csv' } }, 'record'],
    ['an export of no declared kind', 'get', { status: 200, stream }, 'record'],
    ['an event stream', 'get', { status: 200, stream, headers: { 'content-type': 'text/event-stream' } }, 'nothing'],
  ] as const)('of %s', (_, method, answer, verdict) => {
    expect(judge({ method, scope: method === 'get' ? 'read' : 'write' }, answer)).toBe(verdict);
  });

  it('of what is asked with a body, and changes nothing, is that of a read', () => {
    expect(judge({ method: 'post', scope: 'read' }, { status: 200 })).toBe('nothing');
    expect(judge({ method: 'post', scope: 'read' }, { status: 401 })).toBe('note');
    expect(judge({ method: 'get', scope: 'operator' }, { status: 200 })).toBe('nothing');
  });
});

describe('the resource of an operation', () => {
  const paths = [
    '/v1/tenants',
    '/v1/tenants/{tenantId}/suspend',
    '/v1/tenants/{tenantId}/api-keys',
    '/v1/tenants/{tenantId}/api-keys/{keyId}',
    '/v1/tenants/{tenantId}/audit-log',
    '/v1/api-keys/{keyId}/rotate',
    '/v1/jobs/{jobId}/records',
    '/v1/audit-log',
  ] as const;
  const nameOf = nameResources(paths.map(path => ({ path })));
  it.each(
    [
      ['tenant', undefined],
      ['tenant', 'tenantId'],
      ['api-key', undefined],
      ['api-key', 'keyId'],
      ['audit-log', undefined],
      ['api-key', 'keyId'],
      ['job', 'jobId'],
      ['audit-log', undefined],
    ].map(([kind, parameter], i) => [paths[i], kind, parameter] as const),
  )('at %s is a %s, named by %s', (path, kind, parameter) => {
    expect(nameOf({ path: path ?? '/' })).toEqual({ kind, parameter });
  });
});
