import { BlockList, isIP, SocketAddress } from 'node:net';

/** Whether a text is an address, or a block of addresses in CIDR notation. */
export const isAddressBlock = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

/** @param blocks IPv4 and IPv6 addresses or blocks. @throws when one is neither. */
export const createBlocks = (blocks: readonly string[]): { has(address: string): boolean } => {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', bits] = block.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    has: address => {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
};

/**
 * An address as it is written once and for all: IPv6 in its short form, and an IPv4 address that came in over a socket for both as the IPv4
 * address that it is.
 * @returns undefined for what is none.
 */
export const canonicalAddress = (text: string): string | undefined => {
  const version = isIP(text);
  if (version === 4) return text;
  if (version === 0 || text.includes('%')) return undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
};
