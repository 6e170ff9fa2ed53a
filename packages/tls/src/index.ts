export { type ClientTls, type ClientTlsOptions, createClientTls, publicClientTls } from './clientTls.ts';
export { readTlsFiles, type TlsFiles, type TlsMaterial, type TlsNames } from './files.ts';
export { type Prelude, probeTls } from './probe.ts';
export { openServerTls, type ServerTls } from './serverTls.ts';
