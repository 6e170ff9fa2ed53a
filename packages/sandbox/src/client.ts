import type {
  AffinityIds,
  AttioEdit,
  Counts,
  DamageInput,
  DamageReport,
  Doubles,
  FaultInput,
  FaultReport,
  LimitsInput,
  SandboxStats,
  WorkspaceInfo,
  WorkspaceInput,
} from './control/types.ts';
import type { AffinityRow, AttioRow } from './rows.ts';

/** The control door said no. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
  readonly status: number;
  /** Of the seeding door: the number of the bad line, counted from 1. */
  readonly line: number | undefined;
  /** Of the seeding door: how many lines before it were stored, and stay stored. */
  readonly accepted: number | undefined;

  constructor(status: number, body: { error?: string; line?: number; accepted?: number }) {
    super(body.line === undefined ? (body.error ?? `status ${status}`) : `line ${body.line}: ${body.error}`);
    this.status = status;
    this.line = body.line;
    this.accepted = body.accepted;
  }
}

type Rows = Iterable<AffinityRow | AttioRow> | AsyncIterable<AffinityRow | AttioRow>;

/** The control door, typed. Every call rejects with `SandboxError` when the door refuses. */
export interface SandboxClient {
  createWorkspace(input: WorkspaceInput): Promise<WorkspaceInfo>;
  workspaces(): Promise<WorkspaceInfo[]>;
  deleteWorkspace(id: string): Promise<void>;
  /** Streams the rows, so that a million of them need no memory here. A row with a known id replaces the former one. */
  seed(id: string, rows: Rows): Promise<{ accepted: number }>;
  counts(id: string): Promise<Counts>;
  doubles(id: string): Promise<Doubles>;
  /** `null` lifts the limits. Takes effect at once, with full buckets. */
  setLimits(id: string, limits: LimitsInput): Promise<void>;
  stats(id: string): Promise<SandboxStats>;
  addFault(id: string, fault: FaultInput): Promise<FaultReport>;
  faults(id: string): Promise<FaultReport[]>;
  clearFaults(id: string): Promise<void>;
  /** A person does something in Attio's own windows. Answers with the id of what was made, changed or deleted. */
  editAttio(id: string, edit: AttioEdit): Promise<{ id: string }>;
  /** Damages what is stored, or what the next writes will store. Answers with what this call struck. */
  damage(id: string, input: DamageInput): Promise<DamageReport>;
  /** All damage done so far, and what still waits for writes. */
  damages(id: string): Promise<DamageReport>;
  /** Nothing waits for writes any more; what is damaged stays so. */
  disarmDamages(id: string): Promise<void>;
  /** Records vanish, as if somebody had deleted them meanwhile. */
  deleteAffinity(id: string, ids: AffinityIds): Promise<{ deleted: number }>;
  /** The same as `seed`, refused for other workspaces: records appear meanwhile. */
  addAffinity(id: string, rows: Iterable<AffinityRow>): Promise<{ accepted: number }>;
}

/** `url` is the sandbox's own, without `/control`. */
export function createSandboxClient(url: string): SandboxClient {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/control/workspaces${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return settle<T>(response);
  };
  const stream = async (path: string, rows: Rows): Promise<{ accepted: number }> => {
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: toNdjson(rows),
      duplex: 'half',
    };
    return settle(await fetch(`${url}/control/workspaces${path}`, init));
  };
  return {
    createWorkspace: input => call('POST', '', input),
    workspaces: () => call('GET', ''),
    deleteWorkspace: async id => void (await call('DELETE', `/${id}`)),
    seed: (id, rows) => stream(`/${id}/seed`, rows),
    counts: id => call('GET', `/${id}/counts`),
    doubles: id => call('GET', `/${id}/doubles`),
    setLimits: async (id, limits) => void (await call('PUT', `/${id}/limits`, limits)),
    stats: id => call('GET', `/${id}/stats`),
    addFault: (id, fault) => call('POST', `/${id}/faults`, fault),
    faults: async id => (await call<{ faults: FaultReport[] }>('GET', `/${id}/faults`)).faults,
    clearFaults: async id => void (await call('DELETE', `/${id}/faults`)),
    editAttio: (id, edit) => call('POST', `/${id}/attio/edit`, edit),
    damage: (id, input) => call('POST', `/${id}/damages`, input),
    damages: id => call('GET', `/${id}/damages`),
    disarmDamages: async id => void (await call('DELETE', `/${id}/damages`)),
    deleteAffinity: (id, ids) => call('POST', `/${id}/affinity/delete`, ids),
    addAffinity: (id, rows) => stream(`/${id}/affinity/add`, rows),
  };
}

async function settle<T>(response: Response): Promise<T> {
  const body: unknown = await response.json();
  if (!response.ok) throw new SandboxError(response.status, body as { error?: string });
  return body as T;
}

const CHUNK_CHARS = 64 * 1024;

function toNdjson(rows: Rows): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const chunks = (async function* () {
    let text = '';
    for await (const row of rows) {
      text += `${JSON.stringify(row)}\n`;
      if (text.length < CHUNK_CHARS) continue;
      yield encoder.encode(text);
      text = '';
    }
    if (text !== '') yield encoder.encode(text);
  })();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}
