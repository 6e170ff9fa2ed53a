/** A TCP connection that a test can cut or hold up: between a gateway and one of its servers. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Cable {
  /** The same URL by way of the cable. */
  through(url: string): string;
  /** Both ends see the connection closed, and new ones refused. */
  cut(): void;
  /** Nothing goes through any more, and nobody is told. */
  freeze(): void;
  /** New connections go through again; the old ones are closed. */
  mend(): void;
  close(): Promise<void>;
}

export const layCable = async (target: string): Promise<Cable> => {
  const { hostname, port: targetPort } = new URL(target);
  const ends = new Set<Socket>();
  let state: 'whole' | 'cut' | 'frozen' = 'whole';
  const server = createServer(near => {
    if (state === 'cut') return void near.destroy();
    const far = connect(Number(targetPort), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
      from.on('data', chunk => {
        if (state === 'whole') to.write(chunk);
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const destroyAll = () => {
    for (const end of ends) end.destroy();
  };
  return {
    through: url => {
      const moved = new URL(url);
      moved.hostname = '127.0.0.1';
      moved.port = String(port);
      return moved.href;
    },
    cut: () => {
      state = 'cut';
      destroyAll();
    },
    freeze: () => {
      state = 'frozen';
    },
    mend: () => {
      state = 'whole';
      destroyAll();
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        destroyAll();
      }),
  };
};
