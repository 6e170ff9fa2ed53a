import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FreightError } from '@freight/kernel';
import {
  type DeploymentKey,
  type DeploymentKeys,
  readDeploymentKeys,
  unwrap,
  wrap,
  wrappingKey,
} from './deploymentKeys.ts';
import { createFile, emptyFile, readIfThere } from './files.ts';
import { contentOfKey, destroyed, type KeyName, namesOf, type RingContent } from './keyRing.ts';

/** Whose ring, and where its files are. */
export interface Owner {
  /** For messages. */
  readonly label: string;
  /** The files' name without its end. */
  readonly path: string;
  /** What the first file is bound to. */
  readonly place: string;
}

export interface DestroyedRing {
  readonly names: readonly KeyName[];
  /** ISO 8601. */
  readonly at: string;
}

/** A ring as its newest file tells it. */
export type Stored =
  | {
      readonly kind: 'active';
      readonly generation: number;
      readonly content: RingContent;
      /** The id of the deployment's key that wraps it. */
      readonly wrappedBy: string;
    }
  | { readonly kind: 'destroyed'; readonly generation: number; readonly ring: DestroyedRing };

/**
 * The file of a generation. Each change of a ring is a new file with the next number, and no number is used twice: of two changes made at
 * once, one finds the name taken and looks again. The file of a generation that has a successor is empty, and keeps its name.
 */
const generationFile = ({ path }: Owner, generation: number): string =>
  generation === 0 ? `${path}.key` : `${path}.${generation}.key`;

const damaged = (owner: Owner) =>
  new FreightError(`The key file of ${owner.label} is damaged`, { code: 'key_damaged', retry: 'terminal' });

/** What the first file of a ring looks like: nonce (12) + key (32) + tag (16). */
const firstLength = 60;

interface RingFile {
  readonly format: 1;
  readonly wrappedBy?: string;
  readonly wrapped?: string;
  readonly destroyed?: DestroyedRing;
}

const parseFile = (owner: Owner, bytes: Buffer): RingFile => {
  try {
    const file = JSON.parse(bytes.toString('utf8')) as RingFile;
    if (file.format !== 1 || !(file.destroyed ?? file.wrapped)) throw new TypeError('not a ring');
    return file;
  } catch {
    throw damaged(owner);
  }
};

const placeOf = (owner: Owner, generation: number) => `${owner.place} generation ${generation}`;

/** Files of rings in a folder, wrapped by the deployment's keys. */
export const createRingStore = (directory: string) => {
  let known: DeploymentKeys = readDeploymentKeys(directory);

  /** The deployment's keys as they are on the disk now. */
  const deploymentKeys = (): DeploymentKeys => (known = readDeploymentKeys(directory));

  const openWith = (owner: Owner, place: string, wrapped: Buffer): { key: DeploymentKey; content: Buffer } => {
    for (const look of [() => known, deploymentKeys]) {
      const { next, current, previous } = look();
      for (const key of [current, next, previous]) {
        const content = key && unwrap(key, place, wrapped);
        if (content) return { key, content };
      }
    }
    throw new FreightError(`The key of ${owner.label} does not open with this deployment's key`, {
      code: 'key_mismatch',
      retry: 'terminal',
    });
  };

  const parse = (owner: Owner, generation: number, bytes: Buffer): Stored => {
    if (generation === 0) {
      if (bytes.length !== firstLength) throw damaged(owner);
      const { key, content } = openWith(owner, owner.place, bytes);
      return { kind: 'active', generation, content: contentOfKey(content), wrappedBy: key.id };
    }
    const file = parseFile(owner, bytes);
    if (file.destroyed) return { kind: 'destroyed', generation, ring: file.destroyed };
    const { key, content } = openWith(owner, placeOf(owner, generation), Buffer.from(file.wrapped ?? '', 'base64'));
    return {
      kind: 'active',
      generation,
      content: JSON.parse(content.toString('utf8')) as RingContent,
      wrappedBy: key.id,
    };
  };

  /** Whether a ring has changed since a generation. */
  const hasSuccessor = (owner: Owner, generation: number): boolean => existsSync(generationFile(owner, generation + 1));

  /** The newest generation; undefined when there is no ring. @param from a generation that was there. */
  const load = (owner: Owner, from = 0): Stored | undefined => {
    for (let generation = from; ; ) {
      while (hasSuccessor(owner, generation)) generation++;
      const bytes = readIfThere(generationFile(owner, generation));
      if (!bytes) return undefined;
      // Another one came between the two looks.
      if (hasSuccessor(owner, generation)) continue;
      return parse(owner, generation, bytes);
    }
  };

  /** Takes what is out of date off the disk. Whoever adds a generation does so, and whoever comes after one that was interrupted. */
  const emptyBelow = async (owner: Owner, generation: number): Promise<void> => {
    for (let below = generation - 1; below >= 0; below--) {
      if (readIfThere(generationFile(owner, below))?.length !== 0) await emptyFile(generationFile(owner, below));
    }
  };

  /** @returns false when somebody else has added this generation. */
  const append = async (owner: Owner, generation: number, file: RingFile): Promise<boolean> => {
    if (!(await createFile(generationFile(owner, generation), Buffer.from(JSON.stringify(file))))) return false;
    await emptyBelow(owner, generation);
    return true;
  };

  const appendContent = (owner: Owner, generation: number, content: RingContent): Promise<boolean> => {
    const key = wrappingKey(deploymentKeys());
    const wrapped = wrap(key, placeOf(owner, generation), Buffer.from(JSON.stringify(content)));
    return append(owner, generation, { format: 1, wrappedBy: key.id, wrapped: wrapped.toString('base64') });
  };

  const demand = (owner: Owner, stored: Stored | undefined): Extract<Stored, { kind: 'active' }> => {
    if (stored?.kind === 'active') return stored;
    if (stored) throw destroyed();
    throw new FreightError(`There is no key of ${owner.label}`, { code: 'key_missing', retry: 'terminal' });
  };

  return {
    load,
    hasSuccessor,
    deploymentKeys,
    demand,
    /** Makes a ring of one key, unless there is one, or was one. The first to make it wins; the others use it. */
    make: async (owner: Owner, key: Buffer): Promise<Stored> => {
      await createFile(generationFile(owner, 0), wrap(wrappingKey(deploymentKeys()), owner.place, key));
      const stored = load(owner);
      if (!stored) throw damaged(owner);
      return stored;
    },
    /** Replaces a ring by what `change` makes of it; undefined: nothing is to be changed. @throws FreightError `key_destroyed`. */
    change: async (
      owner: Owner,
      change: (content: RingContent, wrappedBy: string) => RingContent | undefined,
    ): Promise<{ readonly stored: Stored; readonly changed: boolean }> => {
      for (;;) {
        const before = demand(owner, load(owner));
        const content = change(before.content, before.wrappedBy);
        if (!content) {
          // Perhaps the one who made this generation was interrupted.
          await emptyBelow(owner, before.generation);
          return { stored: before, changed: false };
        }
        const next = before.generation + 1;
        if (await appendContent(owner, next, content))
          return { stored: demand(owner, load(owner, next)), changed: true };
      }
    },
    /** Ends a ring for ever: nobody opens it or makes it anew, nothing of it stays on the disk. Safe to repeat. */
    destroy: async (owner: Owner, at: Date): Promise<DestroyedRing> => {
      for (;;) {
        const before = load(owner);
        if (before?.kind === 'destroyed') {
          await emptyBelow(owner, before.generation);
          const folder = dirname(owner.path);
          const left = (await readdir(folder)).filter(
            name => name.startsWith(`${basename(owner.path)}.`) && name.endsWith('.new'),
          );
          for (const name of left) await rm(join(folder, name), { force: true });
          return before.ring;
        }
        const names = before ? namesOf(before.content) : [];
        await append(owner, (before?.generation ?? 0) + 1, { format: 1, destroyed: { names, at: at.toISOString() } });
      }
    },
  };
};

export type RingStore = ReturnType<typeof createRingStore>;
