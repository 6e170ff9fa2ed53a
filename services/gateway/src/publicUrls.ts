/** Where subscribers find NATS: as the operator says, else where the services find it, without user and password. */
export const publicUrls = (given: readonly string[], own: string): readonly string[] =>
  given.length > 0
    ? given
    : own.split(',').map(one => {
        const { protocol, host } = new URL(one);
        return `${protocol}//${host}`;
      });
