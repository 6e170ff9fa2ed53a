import {
  createSandboxClient,
  type SandboxClient,
  startSandbox,
  type WorkspaceInfo,
  type WorkspaceInput,
} from '../src/index.ts';

/** A sandbox on a free port whose clock stands still until a test moves it. */
export interface Harness {
  readonly url: string;
  readonly control: SandboxClient;
  readonly clock: { nowMs: number };
  attio(input?: Partial<Extract<WorkspaceInput, { kind: 'attio' }>>): Promise<Caller>;
  affinity(input?: Partial<Extract<WorkspaceInput, { kind: 'affinity' }>>): Promise<Caller>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came off the wire.
  readonly body: any;
}

/** Speaks to one workspace with its own token. Paths start after the vendor's mount. */
export interface Caller extends WorkspaceInfo {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function startHarness(): Promise<Harness> {
  const clock = { nowMs: Date.UTC(2026, 0, 15, 12) };
  const sandbox = await startSandbox({ now: () => clock.nowMs });
  const control = createSandboxClient(sandbox.url);
  const open = async (input: WorkspaceInput): Promise<Caller> => {
    const info = await control.createWorkspace(input);
    return {
      ...info,
      call: (method, path, body, headers = {}) =>
        request(path.startsWith('http') ? path : `${sandbox.url}/${info.kind}${path}`, method, body, {
          authorization: `Bearer ${info.token}`,
          ...headers,
        }),
    };
  };
  return {
    url: sandbox.url,
    control,
    clock,
    attio: input => open({ kind: 'attio', name: 'Birch', limits: null, ...input }),
    affinity: input => open({ kind: 'affinity', name: 'Birch', limits: null, ...input }),
    stop: () => sandbox.stop(),
  };
}

export async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

/** The body that makes an attribute; the rest as Attio wants it in full. */
export const attributeBody = (slug: string, type: string, extra: Record<string, unknown> = {}) => ({
  data: {
    title: slug,
    description: null,
    api_slug: slug,
    type,
    is_required: false,
    is_unique: false,
    is_multiselect: false,
    config: {},
    ...extra,
  },
});

export const values = (fields: Record<string, unknown>) => ({ data: { values: fields } });
