import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, createBlocks, isAddressBlock } from './blocks.ts';
import { createClientAddress, type ForwardedHeader } from './clientAddress.ts';
import { sourceOf } from './sourceOf.ts';

const addressOf = (
  peer: string | undefined,
  headers: Record<string, string>,
  header: ForwardedHeader = 'x-forwarded-for',
  trustedProxies = ['10.0.0.0/8', 'fd00::/8'],
) => createClientAddress({ trustedProxies, header })(peer, new Headers(headers));

describe('the client’s address', () => {
  it('is the peer’s where no proxy is trusted, whatever the headers say', () => {
    const headers = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' };
    expect(addressOf('10.0.0.1', headers, 'x-forwarded-for', [])).toBe('10.0.0.1');
    expect(addressOf('198.51.100.7', headers)).toBe('198.51.100.7');
    expect(addressOf('198.51.100.7', headers, 'forwarded')).toBe('198.51.100.7');
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1', '192.0.2.1'],
    ['192.0.2.1, 10.1.1.1', '192.0.2.1'],
    ['203.0.113.9, 192.0.2.1, 10.1.1.1, 10.2.2.2', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['[2001:DB8::0:1]:4711', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['10.1.1.1', '10.1.1.1'],
    ['192.0.2.1, what', 'unknown'],
    ['', 'unknown'],
  ])('behind trusted proxies is the first that none of them is (%s)', (header, expected) => {
    expect(addressOf('::ffff:10.0.0.1', { 'x-forwarded-for': header })).toBe(expected);
  });

  it.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['proto=https;For="[2001:db8::1]:4711";by=10.0.0.1', '2001:db8::1'],
    ['for=203.0.113.9, for=192.0.2.1;proto=http, for=10.1.1.1', '192.0.2.1'],
    ['for=_hidden', 'unknown'],
    ['for=192.0.2.1, proto=http', 'unknown'],
    ['by=192.0.2.1', 'unknown'],
  ])('is read from Forwarded too, where that is the header (%s)', (header, expected) => {
    expect(addressOf('10.0.0.1', { forwarded: header }, 'forwarded')).toBe(expected);
  });

  it('is never what a client writes into the header that the proxy does not know', () => {
    expect(addressOf('10.0.0.1', { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '198.51.100.7' })).toBe(
      '198.51.100.7',
    );
    expect(addressOf('10.0.0.1', { forwarded: 'for=192.0.2.1' })).toBe('10.0.0.1');
  });

  it('cannot be chosen by a client behind a trusted proxy, whatever it sends before', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const sent = text.replace(/[^\x20-\x7e]/g, '');
        expect(addressOf('10.0.0.1', { 'x-forwarded-for': `${sent}, 198.51.100.7` })).toBe('198.51.100.7');
      }),
    );
  });
});

describe('a list of address blocks', () => {
  const blocks = createBlocks(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '2001:db9::1']);

  it('holds what lies in a block of either family, an IPv4 address in IPv6 form too, and nothing else', () => {
    const inside = ['192.0.2.255', '::ffff:192.0.2.1', '198.51.100.7', '2001:db8:ffff::1', '2001:db9::1'];
    const outside = ['192.0.3.0', '::ffff:192.0.3.1', '198.51.100.8', '2001:dba::1', '2001:db9::2', 'unknown', ''];
    expect(inside.filter(one => !blocks.has(one))).toEqual([]);
    expect(outside.filter(one => blocks.has(one))).toEqual([]);
  });

  it('takes addresses and CIDR notation only', () => {
    const good = ['192.0.2.1', '192.0.2.0/24', '::/0', '2001:db8::1/128'];
    const bad = ['', 'x', '192.0.2.0/33', '::/129', '192.0.2.0/', '192.0.2.0/8/8', '192.0.2', '192.0.2.0/-1'];
    expect(good.filter(one => !isAddressBlock(one))).toEqual([]);
    expect(bad.filter(isAddressBlock)).toEqual([]);
  });

  it('knows an address however it is written', () => {
    expect(canonicalAddress('2001:0DB8:0:0::1')).toBe('2001:db8::1');
    expect(canonicalAddress('::FFFF:7f00:1')).toBe('127.0.0.1');
    expect(canonicalAddress('fe80::1%eth0')).toBeUndefined();
  });
});

describe('a source of wrong keys', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s is %s: an IPv6 customer has a whole network', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});
