import { loadTlsFiles, type TlsFiles, type TlsMaterial, type TlsNames } from './files.ts';

/** A server's certificate and key, which may be replaced while it runs. */
export interface ServerTls {
  readonly material: TlsMaterial;
  /** Looks at the files now and then. @param use gets new ones; what of new ones cannot be used is said and left. @returns ends it. */
  watch(use: (material: TlsMaterial) => void, onProblem: (error: unknown) => void): () => void;
}

/**
 * Not by file events: Kubernetes replaces a mounted Secret by turning a link, which the file itself does not notice.
 * Within a minute is soon enough for what is replaced days before it expires.
 */
const lookEveryMs = 10_000;

/** @throws FreightError `tls_files_unusable` that names every file that cannot be used. */
export const openServerTls = (files: TlsFiles, names: TlsNames, everyMs = lookEveryMs): ServerTls => {
  let { material } = loadTlsFiles(files, names);
  const first = material;
  let reported = '';
  return {
    material: first,
    watch: (use, onProblem) => {
      const timer = setInterval(() => {
        try {
          const next = loadTlsFiles(files, names).material;
          reported = '';
          if (next.cert === material.cert && next.key === material.key && next.ca === material.ca) return;
          use(next);
          material = next;
        } catch (error) {
          // Once, and not at each look.
          if (String(error) !== reported) onProblem(error);
          reported = String(error);
        }
      }, everyMs);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
};
