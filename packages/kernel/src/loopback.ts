/** Whether a host of a URL, or an address to listen on, is this machine itself. Names other than `localhost` are not: who knows what they mean. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
