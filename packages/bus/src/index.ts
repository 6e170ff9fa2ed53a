export { type Accounts, type AccountsOptions, connectAccounts } from './accounts.ts';
export { type Bus, type BusOptions, connectBus } from './bus.ts';
export type { Consuming, Delivery } from './consume.ts';
export { tenantOfSubject } from './deadLetters.ts';
export { ack, type DeadReason, type Disposition, dead, leave, retryIn } from './disposition.ts';
export { parseMessage } from './parse.ts';
export type { DurableList, SubscriberDurable, SubscriberDurables } from './subscribers.ts';
export { currentTraceparent } from './tracing.ts';
