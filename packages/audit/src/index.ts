export { type AuditHead, appendAudit, type NewAuditEntry } from './append.ts';
export { hashOf, zeroHash } from './hash.ts';
export { type AuditFilter, type AuditRange, readAudit, readAuditHead, readAuditPages } from './read.ts';
export { type Anchor, type Break, type BreakKind, type ChainReport, verifyChain } from './verify.ts';
