export { exportLines } from './exportTenant.ts';
export { removeRows } from './removeRows.ts';
export { countPendingCommands, type Resealed, resealTenant } from './reseal.ts';
export { tenantTables } from './tables.ts';
