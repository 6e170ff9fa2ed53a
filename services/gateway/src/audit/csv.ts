import { type AuditEntry, auditEntry } from '@freight/contracts';

/** Every name of an entry, as columns. */
const columns = Object.keys(auditEntry.shape) as (keyof AuditEntry)[];

/**
 * One cell. What a spreadsheet would take for a formula is made text by an apostrophe; quoted where it must be.
 * Sources: OWASP, "CSV Injection"; RFC 4180.
 */
export const csvCell = (value: string | number | null): string => {
  if (value === null) return '';
  const text = String(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

export const csvHead = `${columns.join(',')}\r\n`;
export const csvLine = (entry: AuditEntry): string => `${columns.map(name => csvCell(entry[name])).join(',')}\r\n`;
