import { expect, it } from 'vitest';
import { judgeAddress } from './addresses.ts';

const allowed = ['api.attio.com', '127.0.0.1:4711', 'internal.example'];
const judge = (url: string) => {
  const judged = judgeAddress(url, allowed);
  return judged.ok ? judged.value : (judged.error.body as { code: string }).code;
};

it.each([
  ['https://api.attio.com', 'https://api.attio.com'],
  ['https://API.attio.com:443/', 'https://api.attio.com'],
  ['http://127.0.0.1:4711/attio/', 'http://127.0.0.1:4711/attio'],
])('lets %s through as %s', (url, result) => expect(judge(url)).toBe(result));

it.each([
  'https://api.attio.com.evil.example',
  'https://api.attio.com:8443',
  'https://evil.example/api.attio.com',
  'https://169.254.169.254',
  'http://127.0.0.1:4712',
  'http://2130706433:4712',
  'https://[::1]',
  'https://api.attio.com.',
])('refuses the host of %s', url => expect(judge(url)).toBe('host_not_allowed'));

it.each([
  'http://internal.example',
  'https://u:p@api.attio.com',
  'https://api.attio.com/?a=1',
  'https://api.attio.com/#x',
])('refuses the form of %s', url => expect(judge(url)).toBe('invalid_request'));
