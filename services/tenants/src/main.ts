import { runMain } from '@freight/service';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

await runMain('tenants', process.env, readConfig, compose);
