export { type AccountBudget, type AccountBudgetOptions, openAccountBudget } from './accountBudget.ts';
export { type BucketRate, type BucketVerdict, takeTokens } from './bucket.ts';
export { acquireLease, type Lease, type LeaseTarget } from './lease.ts';
export { openRedis, type RedisOptions, type RedisStore } from './redis.ts';
