import { type ClientTls, createClientTls } from '@freight/tls';

/** The servers that services connect to, as the names of settings begin. */
type Server = 'FREIGHT_DATABASE' | 'FREIGHT_NATS' | 'FREIGHT_REDIS';

type Files<S extends Server> = { readonly [N in `${S}_${'CA' | 'CERT' | 'KEY'}_FILE`]: string | undefined };

/** The way to a server as its settings secure it. @throws FreightError `tls_files_unusable` that names every file that cannot be used. */
export const clientTlsOf = <S extends Server>(server: S, config: Files<S>): ClientTls => {
  const names = { ca: `${server}_CA_FILE`, cert: `${server}_CERT_FILE`, key: `${server}_KEY_FILE` } as const;
  const files = config as Readonly<Record<string, string | undefined>>;
  return createClientTls({
    files: { ca: files[names.ca] ?? '', cert: files[names.cert] ?? '', key: files[names.key] ?? '' },
    names: { ...names, url: `${server}_URL` },
  });
};
