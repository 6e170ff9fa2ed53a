import type { Recorder } from '../attempt.ts';
import type { SqlDoor } from './door.ts';
import { memberships, scopedRoles } from './reviewed.ts';
import type { Rights } from './rights.ts';
import { tenantColumn } from './tables.ts';

const denied = '42501';

/** Takes on each role that a service may, and changes or reads what that role has no business with. */
export const tryReaders = async (options: {
  readonly record: Recorder;
  readonly door: SqlDoor;
  readonly roles: readonly string[];
  readonly tables: readonly string[];
  readonly rightsOf: (role: string, table: string) => Rights;
  readonly a: string;
  readonly b: string;
}): Promise<void> => {
  const { record, door, roles, tables, rightsOf, a, b } = options;
  const pairs = memberships
    .map(line => line.split(' to '))
    .filter(([reader = '', service = '']) => roles.includes(service) && !(reader in scopedRoles));
  for (const [reader = '', service = ''] of pairs) {
    for (const table of tables) {
      const column = tenantColumn(table);
      const refuse = (tried: string, run: Parameters<SqlDoor['tryOut']>[2]) =>
        record.attempt(
          { floor: 'sql', name: table, tried: `${service} as ${reader} ${tried}`, expected: 'refused' },
          async () => {
            const verdict = await door.tryOut(service, { tenant: a }, async sql => {
              await sql`set local role ${sql(reader)}`;
              return run(sql);
            });
            if ('rows' in verdict) return `${verdict.rows} rows`;
            return verdict.refused === denied ? undefined : `${verdict.refused} ${verdict.message}`;
          },
        );
      await refuse(
        "deletes B's rows",
        async sql => (await sql`delete from ${sql(table)} where ${sql(column)} = ${b}`).count,
      );
      await refuse("changes B's rows", async sql => {
        return (await sql`update ${sql(table)} set ${sql({ [column]: a })} where ${sql(column)} = ${b}`).count;
      });
      if (rightsOf(reader, table).verbs.has('select')) continue;
      await refuse('reads', async sql => (await sql`select count(*) from ${sql(table)}`).length);
    }
  }
};
