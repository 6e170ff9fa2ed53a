import { runMain } from '@freight/service';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

await runMain('gateway', process.env, readConfig, compose);
