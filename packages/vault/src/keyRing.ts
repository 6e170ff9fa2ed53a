import { FreightError } from '@freight/kernel';
import { derive, keyIdOf } from './deploymentKeys.ts';

/** A version of somebody's key, without the key. */
export interface KeyName {
  readonly version: number;
  readonly id: string;
}

/** Somebody's keys: all versions that still open something, and what fingerprints are made with. */
export interface KeyRing {
  /** The newest version: what new values are sealed with. From 1. */
  readonly newest: number;
  readonly names: readonly KeyName[];
  /** The key itself of a version; undefined when it was retired or is not known. */
  key(version: number): Buffer | undefined;
  /** The key that a version's values are sealed with. */
  sealingKey(version: number): Buffer | undefined;
  /** The key of fingerprints for a purpose: the same for all of the ring's life, whatever versions come and go. */
  macKey(purpose: string): Buffer;
  /** Overwrites what is in memory; every later use is refused. */
  wipe(): void;
}

/** What is kept of a ring. Keys in base64. */
export interface RingContent {
  readonly versions: readonly { readonly version: number; readonly key: string }[];
  readonly macs: Readonly<Record<string, string>>;
  readonly macRoot: string;
}

/** Purposes that were derived from the first version itself before keys had versions. Others are derived from `macRoot`. */
const firstPurposes = ['match key', 'command', 'cursor'];

/** The content of a ring with one key. */
export const contentOfKey = (key: Buffer): RingContent => ({
  versions: [{ version: 1, key: key.toString('base64') }],
  macs: Object.fromEntries(firstPurposes.map(purpose => [purpose, derive(key, `mac ${purpose}`).toString('base64')])),
  macRoot: derive(key, 'mac root').toString('base64'),
});

export const addVersion = (content: RingContent, key: Buffer): RingContent => ({
  ...content,
  versions: [
    ...content.versions,
    { version: Math.max(...content.versions.map(one => one.version)) + 1, key: key.toString('base64') },
  ],
});

/** Without the versions below one; the newest stays in any case. */
export const dropVersions = (content: RingContent, below: number): RingContent => {
  const newest = Math.max(...content.versions.map(one => one.version));
  return { ...content, versions: content.versions.filter(({ version }) => version >= below || version === newest) };
};

export const namesOf = (content: RingContent): readonly KeyName[] =>
  content.versions.map(({ version, key }) => ({ version, id: keyIdOf(Buffer.from(key, 'base64')) }));

export const openRing = (content: RingContent): KeyRing => {
  const keys = new Map<number, Buffer>(
    content.versions.map(({ version, key }) => [version, Buffer.from(key, 'base64')]),
  );
  const macRoot = Buffer.from(content.macRoot, 'base64');
  const macKeys = new Map<string, Buffer>(
    Object.entries(content.macs).map(([name, key]) => [name, Buffer.from(key, 'base64')]),
  );
  const sealingKeys = new Map<number, Buffer>();
  let wiped = false;
  const check = () => {
    if (wiped) throw destroyed();
  };
  return {
    newest: Math.max(...keys.keys()),
    names: namesOf(content),
    key: version => {
      check();
      return keys.get(version);
    },
    sealingKey: version => {
      check();
      const key = keys.get(version);
      let sealing = sealingKeys.get(version);
      if (key && !sealing) sealingKeys.set(version, (sealing = derive(key, 'seal v1')));
      return sealing;
    },
    macKey: purpose => {
      check();
      let key = macKeys.get(purpose);
      if (!key) macKeys.set(purpose, (key = derive(macRoot, `mac ${purpose}`)));
      return key;
    },
    wipe: () => {
      wiped = true;
      for (const key of [...keys.values(), ...sealingKeys.values(), ...macKeys.values(), macRoot]) key.fill(0);
    },
  };
};

export const destroyed = (): FreightError =>
  new FreightError('The key was destroyed with all that was sealed with it', {
    code: 'key_destroyed',
    retry: 'terminal',
  });
