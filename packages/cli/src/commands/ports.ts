import { readFileSync, writeFileSync } from 'node:fs';
import { isFree } from '@freight/servers';
import { z } from 'zod';
import { UserError } from '../errors.ts';

/** The ports that clients of a kept platform know. */
export interface Ports {
  readonly gateway: number;
  readonly sandbox: number;
}

/** Where a search begins when there was no run before. The gateway's is its default everywhere. */
const firstPorts: Ports = { gateway: 8080, sandbox: 8090 };
/** How many ports are tried from there on. */
const portsMax = 200;

const port = z.int().min(1).max(65_535);
const portsFile = z.object({ gateway: port, sandbox: port });

/** The ports of the run before; undefined where there was none that wrote them down. */
export const readPorts = (file: string): Ports | undefined => {
  try {
    return portsFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
};

export const writePorts = (file: string, ports: Ports): void => writeFileSync(file, `${JSON.stringify(ports)}\n`);

const firstFree = async (from: number, except?: number): Promise<number> => {
  for (let tried = from; tried < Math.min(from + portsMax, 65_536); tried++) {
    if (tried !== except && (await isFree(tried))) return tried;
  }
  throw new UserError(`No port from ${from} to ${from + portsMax - 1} is free; name one with --port`);
};

/**
 * The ports to take: the wanted one, else those of the run before, else the usual ones; the next free one where somebody has them.
 * @throws UserError when the wanted one is taken.
 */
export const choosePorts = async (wanted: number | undefined, before: Ports = firstPorts): Promise<Ports> => {
  if (wanted !== undefined && !(await isFree(wanted))) {
    throw new UserError(
      `Port ${wanted} is in use by another program. Name another one, or none to take one that is free`,
    );
  }
  const gateway = wanted ?? (await firstFree(before.gateway));
  return { gateway, sandbox: await firstFree(before.sandbox, gateway) };
};
