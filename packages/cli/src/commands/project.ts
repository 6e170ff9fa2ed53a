import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');
/** Everything private: what runs need while they run, and what `up` keeps. By default inside the project, where git does not see it. */
export const dataFolder = resolve(process.env['FREIGHT_DATA_DIR'] || join(root, '.freight'));
/** Everything that one `up` leaves to the next. */
export const keptFolder = join(dataFolder, 'up');
