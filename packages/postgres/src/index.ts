export type { DatabaseAddress } from './connection.ts';
export {
  type Database,
  type DatabaseOptions,
  type Leadership,
  openDatabase,
  type ReaderRole,
  type RoleSql,
  type ScopedRole,
  type TenantSql,
} from './database.ts';
export { isTransient, isUniqueViolation, sqlState } from './errors.ts';
export { lockConnections } from './locks.ts';
export { type MigrateOptions, migrate, type ServiceRole, serviceRoles } from './migrate.ts';
export type { OnQuery } from './timing.ts';
