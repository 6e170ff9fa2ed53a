import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newDataFolder, root, startCli } from './cliProcess.ts';

const dataFolder = newDataFolder();
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

const demo = async (...args: string[]) => {
  const cli = startCli(['demo', ...args], dataFolder);
  const code = await cli.ended;
  const lastLine = cli.stdout().trimEnd().split('\n').at(-1) ?? '';
  return { code, lastLine, stdout: cli.stdout(), stderr: cli.stderr() };
};

const counts = ['read', 'created', 'updated', 'merged', 'unchanged', 'skipped', 'failed'] as const;
type Counts = Readonly<Record<(typeof counts)[number], number>>;

interface Result {
  readonly ok: boolean;
  readonly jobId: string;
  readonly recordsRead: number;
  readonly objects: { readonly organizations: Counts; readonly persons: Counts; readonly opportunities: Counts };
  readonly target: {
    readonly companies: number;
    readonly people: number;
    readonly deals: number;
    readonly autoCreated: number;
  };
  readonly lost: number;
  readonly duplicates: number;
  readonly relationsExpected: number;
  readonly relationsFound: number;
}

/** Real data is not a part of the project; where it lies beside it, it has to arrive whole. */
const realData = ['../shared/data/vc-crm'].filter(folder => existsSync(join(root, folder, 'organizations.jsonl')));

describe('./freight demo', () => {
  it('ends well twice at once, with the documented object as its last line, and leaves nothing', async () => {
    const demos = await Promise.all([demo('--json'), demo('--json')]);
    for (const { code, lastLine, stderr } of demos) {
      expect(code, stderr).toBe(0);
      const result = JSON.parse(lastLine) as Result;
      expect(Object.keys(result).join(' ')).toBe(
        'ok jobId recordsRead objects target lost duplicates relationsExpected relationsFound seconds recordsPerSecond',
      );
      expect(Object.keys(result.objects)).toEqual(['organizations', 'persons', 'opportunities']);
      for (const object of Object.values(result.objects)) expect(Object.keys(object)).toEqual(counts);
      expect(Object.keys(result.target)).toEqual(['companies', 'people', 'deals', 'autoCreated']);
      expect(result).toMatchObject({ ok: true, lost: 0, duplicates: 0 });
    }
    expect(readdirSync(dataFolder)).toEqual([]);
  });

  it('names the file and the line of bad data, before anything is started', async () => {
    const data = join(dataFolder, 'broken');
    mkdirSync(data);
    writeFileSync(join(data, 'users.jsonl'), '');
    writeFileSync(join(data, 'persons.jsonl'), '');
    writeFileSync(join(data, 'organizations.jsonl'), '\n{"id": "o1", "name": \n');
    const { code, stdout, stderr } = await demo('--data', data, '--json');
    rmSync(data, { recursive: true });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`${join(data, 'organizations.jsonl')}, line 2: not valid JSON`);
    expect(readdirSync(dataFolder)).toEqual([]);
  });

  it.each(realData)('moves the real records of %s: none lost, none failed, few merged', async folder => {
    const { code, lastLine, stderr } = await demo('--data', join(root, folder), '--json');
    expect(code, stderr).toBe(0);
    const result = JSON.parse(lastLine) as Result;
    const { organizations, persons, opportunities } = result.objects;
    expect(result).toMatchObject({ ok: true, recordsRead: 22_186, lost: 0, duplicates: 0 });
    expect(organizations).toMatchObject({ read: 5659, skipped: 0, failed: 0 });
    expect(persons).toMatchObject({ read: 9823, skipped: 0, failed: 0 });
    expect(opportunities).toMatchObject({ read: 6704, created: 6704, skipped: 0, failed: 0 });
    expect(organizations.merged).toBeLessThanOrEqual(41);
    expect(persons.merged).toBeLessThanOrEqual(11);
    expect(result.target).toEqual({
      companies: organizations.created,
      people: persons.created,
      deals: opportunities.created,
      autoCreated: 0,
    });
    expect(result.relationsFound).toBe(result.relationsExpected);
  });
});
