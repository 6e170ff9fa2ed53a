import { randomUUID } from 'node:crypto';
import { invalid, notFound, valueNotFound } from '../errors.ts';
import type { AttioState, Task } from '../model/state.ts';
import type { Member, Rec } from '../model/types.ts';
import { parseInstant, toNanos } from '../time.ts';
import { isObject } from '../values/valueType.ts';
import { bodyData, requireBoolean, requireString } from './body.ts';
import { type AttioCall, type AttioRoute, data, pageOf, reads, writes } from './route.ts';

const REST = ['object_configuration:read', 'record_permission:read', 'user_management:read'];
const READ = ['task:read', ...REST];
const WRITE = ['task:read-write', ...REST];
const CONTENT_MAX = 2000;
const ONE = '/v2/tasks/{task}';

/** Tasks: plain text that stays as it was made, a deadline, links to people and companies, members who are to do it. */
export const taskRoutes: readonly AttioRoute[] = [
  reads('GET', '/v2/tasks', READ, call => {
    const { limit, offset } = pageOf(call.query, { fallback: 500, max: 500 });
    const tasks = [...call.state.tasks.values()].filter(taskFilter(call));
    const sort = call.query.get('sort');
    // Kept in the order of their creation.
    const sorted = sort === 'created_at:desc' ? tasks.reverse() : tasks;
    return data(sorted.slice(offset, offset + limit).map(task => renderTask(call.state, task)));
  }),
  reads('GET', ONE, READ, ({ state, params }) => data(renderTask(state, requireTask(state, params)))),
  writes('POST', '/v2/tasks', WRITE, call => {
    const task = parseTask(call);
    call.state.tasks.set(task.id, task);
    return data(renderTask(call.state, task));
  }),
  writes('PATCH', ONE, WRITE, call => {
    const { state, params, body, nowMs } = call;
    const task = requireTask(state, params);
    const input = bodyData(body);
    if ('content' in input || 'format' in input)
      throw invalid('The content of a task cannot be changed.', ['data', 'content']);
    const deadlineMs = 'deadline_at' in input ? parseDeadline(input.deadline_at) : task.deadlineMs;
    const linked = 'linked_records' in input ? parseLinks(state, input.linked_records) : task.linked;
    const assignees = 'assignees' in input ? parseAssignees(state, input.assignees) : task.assignees;
    const isCompleted = 'is_completed' in input ? requireBoolean(input.is_completed, 'is_completed') : task.isCompleted;
    const completedAtMs = isCompleted ? (task.completedAtMs ?? nowMs) : null;
    return data(renderTask(state, Object.assign(task, { deadlineMs, linked, assignees, isCompleted, completedAtMs })));
  }),
  writes('DELETE', ONE, ['task:read-write'], ({ state, params }) => {
    state.tasks.delete(requireTask(state, params).id);
    return {};
  }),
];

function parseTask({ state, body, nowMs }: AttioCall): Task {
  const input = bodyData(body);
  const content = requireString(input.content, 'content');
  if (content.length > CONTENT_MAX)
    throw invalid(`"content" takes at most ${CONTENT_MAX} characters.`, ['data', 'content']);
  if (input.format !== 'plaintext') throw invalid('"format" is plaintext.', ['data', 'format']);
  if (input.deadline_at === undefined)
    throw invalid('"deadline_at" is required: a time or null.', ['data', 'deadline_at']);
  const isCompleted = requireBoolean(input.is_completed, 'is_completed');
  return {
    id: randomUUID(),
    content,
    deadlineMs: parseDeadline(input.deadline_at),
    isCompleted,
    completedAtMs: isCompleted ? nowMs : null,
    linked: parseLinks(state, input.linked_records),
    assignees: parseAssignees(state, input.assignees),
    createdAtMs: nowMs,
    madeBy: state.token,
  };
}

function parseDeadline(raw: unknown): number | null {
  if (raw === null) return null;
  const ms = typeof raw === 'string' ? parseInstant(raw) : undefined;
  if (ms === undefined) throw invalid('"deadline_at" takes an ISO 8601 time or null.', ['data', 'deadline_at']);
  return ms;
}

/** By record id, or by a unique value as in a reference. Only people and companies, as the specification says. */
function parseLinks(state: AttioState, raw: unknown): readonly Rec[] {
  if (!Array.isArray(raw)) throw invalid('"linked_records" is required: an array.', ['data', 'linked_records']);
  return raw.map((link: unknown) => {
    const path = ['data', 'linked_records'];
    if (!isObject(link) || typeof link.target_object !== 'string') throw invalid('A link names its target.', path);
    const table = state.tableBySlugOrId(link.target_object);
    if (table === undefined) throw valueNotFound(`Cannot find object with slug/ID "${link.target_object}".`);
    if (table.slug !== 'people' && table.slug !== 'companies')
      throw invalid(`Tasks do not link to ${table.slug}.`, path);
    if (typeof link.target_record_id === 'string') return foundRecord(table.records.get(link.target_record_id), link);
    const key = Object.keys(link).find(name => name !== 'target_object');
    const matching = key === undefined ? undefined : table.bySlug.get(key);
    if (key === undefined || matching === undefined) throw invalid('A link names its target.', path);
    return foundRecord(state.findUnique(table, matching, link[key]), link);
  });
}

function foundRecord(rec: Rec | undefined, link: unknown): Rec {
  if (rec === undefined) throw valueNotFound(`Cannot find the linked record ${JSON.stringify(link)}.`);
  return rec;
}

function parseAssignees(state: AttioState, raw: unknown): readonly Member[] {
  if (!Array.isArray(raw)) throw invalid('"assignees" is required: an array.', ['data', 'assignees']);
  return raw.map((each: unknown) => {
    const key = isObject(each) ? (each.workspace_member_email_address ?? each.referenced_actor_id) : undefined;
    if (typeof key !== 'string') throw invalid('An assignee is a workspace member.', ['data', 'assignees']);
    const member = state.memberBy(key);
    if (member === undefined) throw valueNotFound(`Cannot find workspace member "${key}".`);
    return member;
  });
}

function taskFilter({ state, query }: AttioCall): (task: Task) => boolean {
  const [object, record, assignee, completed] = ['linked_object', 'linked_record_id', 'assignee', 'is_completed'].map(
    name => query.get(name),
  );
  const member = assignee === null || assignee === undefined ? undefined : state.memberBy(assignee);
  return task =>
    (object === null || task.linked.some(rec => rec.table.slug === object)) &&
    (record === null || task.linked.some(rec => rec.id === record)) &&
    (assignee === null || (member !== undefined && task.assignees.includes(member))) &&
    (completed === null || String(task.isCompleted) === completed);
}

function requireTask(state: AttioState, params: Readonly<Record<string, string>>): Task {
  const task = state.tasks.get(params.task ?? '');
  if (task === undefined) throw notFound('Task', params.task ?? '');
  return task;
}

const renderTask = (state: AttioState, task: Task): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, task_id: task.id },
  content_plaintext: task.content,
  deadline_at: task.deadlineMs === null ? null : toNanos(task.deadlineMs),
  is_completed: task.isCompleted,
  completed_at: task.completedAtMs === null ? null : toNanos(task.completedAtMs),
  linked_records: task.linked.map(rec => ({ target_object_id: rec.table.slug, target_record_id: rec.id })),
  assignees: task.assignees.map(member => ({
    referenced_actor_type: 'workspace-member',
    referenced_actor_id: member.id,
  })),
  created_by_actor: task.madeBy,
  created_at: toNanos(task.createdAtMs),
});
