/** The first half of an IPv6 address: what one customer of a provider has at least. Source: RFC 6177. */
const networkOf = (address: string): string => {
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
};

/** Who is slowed together after wrong keys: an IPv4 address, or an IPv6 network, since its customer may take any address in it. */
export const sourceOf = (address: string): string => (address.includes(':') ? `${networkOf(address)}::/64` : address);
