import { expect, it } from 'vitest';
import type { HttpAnswer } from './client.ts';
import { difference } from './compare.ts';

const answer = (change: Partial<HttpAnswer> = {}, headers: Record<string, string> = {}): HttpAnswer => ({
  status: 404,
  headers: Object.entries({ 'content-type': 'application/problem+json', date: String(Math.random()), ...headers }),
  body: '{"code":"not_found"}',
  milliseconds: 1,
  ...change,
});
const nothing = (): readonly [HttpAnswer, HttpAnswer] => [answer(), answer()];

it('sees nothing in equal answers, whatever their date is', () => {
  expect(difference(answer(), nothing(), [])).toBeUndefined();
});

it.each([
  ['the status', answer({ status: 403 }), /^status: 403 instead of 404/],
  ['one letter of the body', answer({ body: '{"code":"not_founD"}' }), /not_founD/],
  ['a header more', answer({}, { 'x-cache': 'hit' }), /x-cache/],
  ['a header less', answer({ headers: [['date', 'x']] }), /headers/],
  ['the value of a header', answer({}, { 'content-type': 'text/plain' }), /text\/plain/],
  ['the order of the headers', answer({ headers: answer().headers.toReversed() }), /headers/],
] as const)('sees %s', (_, yours, words) => expect(difference(yours, nothing(), [])).toMatch(words));

it('does not compare a header in which two answers about nothing differ', () => {
  const pair = [answer({}, { 'cf-ray': '1' }), answer({}, { 'cf-ray': '2' })] as const;
  expect(difference(answer({}, { 'cf-ray': '3' }), pair, [])).toBeUndefined();
  expect(difference(answer({}, { 'cf-ray': '3' }), [pair[0], pair[0]], [])).toMatch(/cf-ray/);
});

it('takes what is left of the caller’s own limit for equal, and no other limit', () => {
  const limit = (left: number, policy = 'q=5;w=1') =>
    answer({}, { ratelimit: `"default";r=${left};t=1`, 'ratelimit-policy': policy });
  expect(difference(limit(7), [limit(9), limit(8)], [])).toBeUndefined();
  expect(difference(limit(7, 'q=6;w=1'), [limit(9), limit(8)], [])).toMatch(/policy/);
});

it('takes a new command’s id and secret for equal, and an id that was sent for what it is', () => {
  const id = (n: number) => `01a207b5-c850-7737-9a74-${String(n).padStart(12, '0')}`;
  const recorded = (n: number, more = '') =>
    answer({
      status: 202,
      headers: [['location', `/v1/commands/${id(n)}`]],
      body: `{"commandId":"${id(n)}","secret":"frt_dev_${String(n).padStart(32, '0')}"${more}}`,
    });
  expect(difference(recorded(1), [recorded(2), recorded(3)], [id(9)])).toBeUndefined();
  expect(difference(recorded(1, `,"job":"${id(9)}"`), [recorded(2), recorded(3)], [id(9)])).toMatch(/job/);
});
