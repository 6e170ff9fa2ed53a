import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');
/** Everything private and temporary; git does not see it. */
export const dataFolder = join(root, '.freight');
