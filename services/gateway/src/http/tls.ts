import type { Logger } from '@freight/runtime';
import { openServerTls } from '@freight/tls';
import type { Config } from '../config.ts';
import type { HttpTls } from './listening.ts';

/** The certificate that clients see, watched; undefined where none is set. @throws FreightError `tls_files_unusable` */
export const openHttpTls = (config: Config, logger: Logger): HttpTls | undefined => {
  const files = { ca: '', cert: config.FREIGHT_HTTP_CERT_FILE ?? '', key: config.FREIGHT_HTTP_KEY_FILE ?? '' };
  if (files.cert === '') return undefined;
  const names = { ca: '', cert: 'FREIGHT_HTTP_CERT_FILE', key: 'FREIGHT_HTTP_KEY_FILE' };
  return {
    files: openServerTls(files, names),
    onRenewed: () => logger.info('the certificate was replaced'),
    onProblem: error => logger.error({ err: error }, 'a new certificate cannot be used; the former one goes on'),
  };
};
