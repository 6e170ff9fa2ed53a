import { subjects } from '@freight/contracts';
import { expect, it } from 'vitest';
import { hearRevocations } from './hearRevocations.ts';

/** What is said on each subject, and what came of it. */
const setUp = () => {
  let now = 0;
  const hears = new Map<string, (text: string) => void>();
  const heard: object[] = [];
  const told: (readonly [string, number])[] = [];
  const bus = {
    listen: (subject: string, hear: (text: string) => void) => {
      hears.set(subject, hear);
      return { stop: () => {} };
    },
  };
  const take = (message: object) => void heard.push(message);
  const onGarbage = (subject: string, messages: number) => void told.push([subject, messages]);
  hearRevocations(bus, { hearNotice: take, hearHeartbeat: take }, onGarbage, () => now);
  return {
    say: (subject: string, text: string) => hears.get(subject)?.(text),
    heard,
    told,
    wait: (ms: number) => (now += ms),
  };
};

it.each([
  [subjects.allRevoked, '{"tenantId":"not an id","position":1}'],
  [subjects.allRevoked, '{"tenantId":"0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77","position":-1}'],
  [subjects.allRevoked, '{"tenantId":"0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77","position":1e400}'],
  [subjects.revocationHeartbeat, '{"position":9007199254740993,"at":1}'],
  [subjects.revocationHeartbeat, '{"position":1.5,"at":1}'],
  [subjects.revocationHeartbeat, '{"position":1,"at":1e999}'],
  [subjects.revocationHeartbeat, '{"position":1}'],
  [subjects.revocationHeartbeat, '['.repeat(500_000)],
])('what is said on %s counts as silence when it is %s', (subject, text) => {
  const { say, heard, told } = setUp();
  say(subject, text);
  expect([heard, told]).toEqual([[], [[subject, 1]]]);
});

it('a flood of what is not understood is told once in ten seconds, with its number', () => {
  const { say, told, wait } = setUp();
  for (let i = 0; i < 1000; i++) say(subjects.revocationHeartbeat, 'garbage');
  wait(10_000);
  say(subjects.revocationHeartbeat, 'garbage');
  expect(told.map(([, messages]) => messages)).toEqual([1, 1000]);
});
