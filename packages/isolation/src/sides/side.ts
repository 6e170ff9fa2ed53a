/** Which of the two tenants: A tries, B is what it tries to see. */
export type SideName = 'A' | 'B';

/** A tenant made for the test, with everything in it that a tenant can have. */
export interface Side {
  readonly name: SideName;
  /** A word that stands in every text of this tenant and in no other one's. */
  readonly mark: string;
  readonly tenantId: string;
  /** Keys by what they may do. `witness` reads, and does nothing else: its own use disturbs no count of another key. */
  readonly keys: { readonly full: string; readonly read: string; readonly write: string; readonly witness: string };
  readonly witnessKeyId: string;
  /** Connections that a job may be made of. */
  readonly connections: { readonly source: string; readonly target: string };
  /** By the name of the path parameter that takes it: `jobId`, `keyId`, … */
  readonly ids: Map<string, string>;
  /** An idempotency key that this tenant has used. */
  readonly idempotencyKey: string;
  /** Whether records were moved, so that there are staged records and outcomes. */
  readonly hasMoved: boolean;
}

/** What tells of a tenant wherever it turns up: its mark and its ids. */
const tracesOf = (side: Side): readonly string[] => [
  side.mark,
  side.tenantId,
  side.connections.source,
  side.connections.target,
  side.witnessKeyId,
  ...side.ids.values(),
];

/** Which of the traces a text holds, in words; undefined when none. */
export const findTrace = (
  text: string,
  side: Side,
  except: ReadonlySet<string> = new Set<string>(),
): string | undefined => {
  const found = tracesOf(side).filter(trace => !except.has(trace) && text.includes(trace));
  return found.length === 0
    ? undefined
    : `${found.join(', ')} of tenant ${side.name} in: ${around(text, found[0] ?? '')}`;
};

/** The text near a find. */
const around = (text: string, found: string): string => {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 80), at + found.length + 80);
};
