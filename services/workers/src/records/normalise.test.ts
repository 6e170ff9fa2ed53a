import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseDomain, normaliseEmail, normaliseName, normaliseText, sortKeys } from './normalise.ts';

describe('a domain', () => {
  it.each([
    ['acme.com', 'acme.com'],
    [' HTTPS://WWW.Acme.com:8080/about?x=1#y ', 'acme.com'],
    ['www.acme.co.uk/', 'acme.co.uk'],
    ['app.acme.com.', 'app.acme.com'],
    ['www.com', 'www.com'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ])('is taken out of %j', (text, host) => {
    expect(normaliseDomain(text)).toBe(host);
  });

  it.each([
    '',
    '  ',
    'http://',
    'acme',
    'localhost',
    'http://10.0.0.1/',
    'http://[::1]/',
    'a.com b.com',
    'a.com, b.com',
    'info@acme.com',
    'acme..com',
    '-acme.com',
    'acme.c',
    `${'a'.repeat(64)}.com`,
    `${'abcdefgh.'.repeat(30)}com`,
    'http://a_b.com',
  ])('is not found in %j', text => {
    expect(normaliseDomain(text)).toBeNull();
  });

  it('stays as it is when normalised again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.webUrl(), fc.string()), text => {
        const host = normaliseDomain(text);
        fc.pre(host !== null);
        // `www.www.acme.com` loses one `www.` each time, and nobody has that.
        fc.pre(!host.startsWith('www.'));
        expect(normaliseDomain(host)).toBe(host);
      }),
    );
  });
});

describe('an e-mail address', () => {
  it.each([
    ['Noor@Quayside.Example', 'noor@quayside.example'],
    [" o'brien+crm@mail.acme.co.uk\n", "o'brien+crm@mail.acme.co.uk"],
    ['a@bücher.de', 'a@xn--bcher-kva.de'],
  ])('is kept in lower case: %j', (text, address) => {
    expect(normaliseEmail(text)).toBe(address);
  });

  it.each([
    '',
    '@',
    'a@',
    '@acme.com',
    'a@acme',
    'a b@acme.com',
    'a@b@acme.com',
    'a..b@acme.com',
    '.a@acme.com',
    'a@acme.com:80',
    'a@acme.com/x',
    'a@10.0.0.1',
    'Noor <noor@acme.com>',
    `${'a'.repeat(65)}@acme.com`,
    'nöor@acme.com',
  ])('is not %j', text => {
    expect(normaliseEmail(text)).toBeNull();
  });
});

describe('text', () => {
  it('loses control characters and outer blanks, keeps lines and invisible letters', () => {
    expect(normaliseText(' \u0000a\u0007\r\nb\tc\u200b\u2028d\r ')).toBe('a\nb\tc\u200b\u2028d');
    expect(normaliseText('\ud800x')).toBe('\ufffdx');
    expect(normaliseText('e\u0301')).toBe('é');
  });
});

describe('a name for comparison', () => {
  it.each([
    ['José Nuñez', 'JOSE NUNEZ'],
    ['O’Neil, Inc.', "O'Neil Inc"],
    ['B\u0335\u0321enjamin', 'Benjamin'],
    ['ＡＣＭＥ', 'acme'],
  ])('takes %j and %j for the same', (a, b) => {
    expect(normaliseName(a)).toBe(normaliseName(b));
  });

  it('keeps names of marks apart', () => {
    expect(normaliseName(' ™️ ')).not.toBe('');
    expect(normaliseName('!!!')).toBe('!!!');
    expect(normaliseName('!!!')).not.toBe(normaliseName('???'));
  });
});

describe('a list of keys', () => {
  it('parts good ones from bad ones, each once and in order, and forgets blanks', () => {
    expect(sortKeys(['B.com', 'x', 'a.com', '', 'b.com', ' x '], normaliseDomain)).toEqual({
      valid: ['b.com', 'a.com'],
      invalid: ['x'],
    });
  });
});
