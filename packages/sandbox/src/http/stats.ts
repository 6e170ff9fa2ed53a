import type { SandboxStats } from '../control/types.ts';

const TRACEPARENTS_MAX = 100;

/** What a workspace remembers of the requests that it saw; answers `GET /control/workspaces/{id}/stats`. */
export interface Stats {
  count(method: string, route: string, outcome: string): void;
  /** Called when a request arrives, before anything may refuse it. */
  arrived(isWrite: boolean, nowMs: number, traceparent: string | undefined): void;
  /** Called when a write passed the rate limit and is about to be carried out. */
  wrote(nowMs: number): void;
  limited(): void;
  read(): SandboxStats;
}

export function createStats(): Stats {
  const counts = new Map<string, { method: string; route: string; outcome: string; count: number }>();
  const arrivedWrites = createSecondWindow();
  const arrivedReads = createSecondWindow();
  const processedWrites = createSecondWindow();
  const traceparents: string[] = [];
  let requests = 0;
  let limitedCount = 0;
  let writes: SandboxStats['writes'] = { count: 0, firstAtMs: null, lastAtMs: null };

  return {
    count(method, route, outcome) {
      const key = `${method} ${route} ${outcome}`;
      const entry = counts.get(key);
      if (entry === undefined) counts.set(key, { method, route, outcome, count: 1 });
      else entry.count += 1;
    },
    arrived(isWrite, nowMs, traceparent) {
      requests += 1;
      (isWrite ? arrivedWrites : arrivedReads).add(nowMs);
      if (traceparent === undefined) return;
      traceparents.push(traceparent);
      if (traceparents.length > TRACEPARENTS_MAX) traceparents.shift();
    },
    wrote(nowMs) {
      processedWrites.add(nowMs);
      writes = { count: writes.count + 1, firstAtMs: writes.firstAtMs ?? nowMs, lastAtMs: nowMs };
    },
    limited() {
      limitedCount += 1;
    },
    read: () => ({
      requests,
      limited: limitedCount,
      writes,
      mostWritesInOneSecond: processedWrites.most(),
      mostWriteRequestsInOneSecond: arrivedWrites.most(),
      mostReadRequestsInOneSecond: arrivedReads.most(),
      byRoute: [...counts.values()].map(entry => ({ ...entry })),
      traceparents: [...traceparents],
    }),
  };
}

/** The largest number of events in any window of one second (sliding, half open), kept in amortised constant time. */
function createSecondWindow(): { add(nowMs: number): void; most(): number } {
  let times: number[] = [];
  let head = 0;
  let most = 0;
  return {
    add(nowMs) {
      times.push(nowMs);
      while ((times[head] as number) <= nowMs - 1000) head += 1;
      most = Math.max(most, times.length - head);
      if (head > 4096 && head * 2 > times.length) {
        times = times.slice(head);
        head = 0;
      }
    },
    most: () => most,
  };
}
