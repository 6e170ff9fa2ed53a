import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

/**
 * Renders a kustomization as `kubectl kustomize` does, as far as deploy/k8s uses it: resources, namespace, configMapGenerator, images,
 * labels, replicas and JSON patches. Whatever else stands in a kustomization is refused, so that nothing is silently left out.
 */

/** A Kubernetes object as YAML gives it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

const patchOperation = z.strictObject({
  op: z.enum(['add', 'replace', 'remove']),
  path: z.string().startsWith('/'),
  value: z.unknown().optional(),
});

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string().optional(),
  resources: z.array(z.string()),
  configMapGenerator: z
    .array(
      z.strictObject({
        name: z.string(),
        behavior: z.enum(['create', 'merge']).default('create'),
        envs: z.array(z.string()).default([]),
        files: z.array(z.string().regex(/^[^=]+$/)).default([]),
        literals: z.array(z.string().regex(/^[^=]+=/)).default([]),
      }),
    )
    .default([]),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string().optional(), newTag: z.string().optional() }))
    .default([]),
  labels: z
    .array(z.strictObject({ pairs: z.record(z.string(), z.string()), includeTemplates: z.boolean().default(false) }))
    .default([]),
  replicas: z.array(z.strictObject({ name: z.string(), count: z.number() })).default([]),
  patches: z
    .array(z.strictObject({ target: z.strictObject({ kind: z.string(), name: z.string() }), patch: z.string() }))
    .default([]),
});
type Kustomization = z.output<typeof kustomization>;

/** An object on its way up; a generated one has its hash added to its name at the very end. */
interface Item {
  readonly manifest: Manifest;
  readonly generated: boolean;
}

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Calls `visit` for every mapping in a value, the outer ones first. */
const walk = (value: unknown, visit: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const one of value) walk(one, visit);
  else if (isNode(value)) {
    visit(value);
    for (const one of Object.values(value)) walk(one, visit);
  }
};

/** Reads every object of a YAML file. */
export const readManifests = (file: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map(document => {
    const [error] = [...document.errors, ...document.warnings];
    if (error) throw new Error(`${file}: ${error.message}`);
    return document.toJS() as Manifest;
  });

/** Lines `NAME=value`; empty ones and comments are left out. */
const parseEnvFile = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => line.trim() !== '' && !line.startsWith('#'))
      .map(line => {
        const at = line.indexOf('=');
        if (at < 1) throw new Error(`not a line of the form NAME=value: ${line}`);
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );

const generatedData = (directory: string, one: Kustomization['configMapGenerator'][number]): Record<string, string> =>
  Object.assign(
    {},
    ...one.envs.map(file => parseEnvFile(readFileSync(join(directory, file), 'utf8'))),
    ...one.files.map(file => ({ [file.split('/').at(-1) ?? file]: readFileSync(join(directory, file), 'utf8') })),
    ...one.literals.map(parseEnvFile),
  ) as Record<string, string>;

const generate = (items: Item[], directory: string, one: Kustomization['configMapGenerator'][number]): void => {
  const data = generatedData(directory, one);
  const there = items.find(item => item.generated && item.manifest.metadata.name === one.name);
  if (one.behavior === 'merge') {
    if (!there) throw new Error(`${directory}: nothing to merge the ConfigMap ${one.name} into`);
    Object.assign(there.manifest['data'] as Node, data);
    return;
  }
  if (there) throw new Error(`${directory}: the ConfigMap ${one.name} is generated twice`);
  items.push({
    generated: true,
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: one.name }, data },
  });
};

const applyLabels = (item: Item, labels: Kustomization['labels'][number]): void => {
  const { metadata } = item.manifest;
  metadata.labels = { ...metadata.labels, ...labels.pairs };
  if (!labels.includeTemplates) return;
  walk(item.manifest['spec'], node => {
    const template = node['template'];
    if (!isNode(template) || !isNode(template['metadata'])) return;
    template['metadata']['labels'] = { ...(template['metadata']['labels'] as Node), ...labels.pairs };
  });
};

const applyImages = (item: Item, images: Kustomization['images']): void =>
  walk(item.manifest['spec'], node => {
    const text = node['image'];
    if (typeof text !== 'string') return;
    const [, name = '', tag = ''] = /^(.*?)(:[^:/]+)?$/.exec(text) ?? [];
    const change = images.find(image => image.name === name);
    if (change) node['image'] = `${change.newName ?? name}${change.newTag === undefined ? tag : `:${change.newTag}`}`;
  });

const applyPatch = (manifest: Manifest, text: string): void => {
  for (const { op, path, value } of z.array(patchOperation).parse(parse(text))) {
    const keys = path
      .slice(1)
      .split('/')
      .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((node, key) => (node as Node | undefined)?.[key], manifest);
    if (!isNode(parent)) throw new Error(`a patch has no place to go: ${path} of ${manifest.metadata.name}`);
    if (op !== 'add' && !(last in parent)) {
      throw new Error(`a patch finds nothing at ${path} of ${manifest.metadata.name}`);
    }
    if (op === 'remove') delete parent[last];
    else parent[last] = value;
  }
};

const find = (items: readonly Item[], name: string, kinds: readonly string[]): Item => {
  const found = items.find(item => item.manifest.metadata.name === name && kinds.includes(item.manifest.kind));
  if (!found) throw new Error(`there is no ${kinds.join(' or ')} ${name}`);
  return found;
};

const clusterWide = ['Namespace'];

const accumulate = (directory: string): Item[] => {
  const spec = kustomization.parse(parse(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')));
  const items: Item[] = spec.resources.flatMap(resource => {
    const path = join(directory, resource);
    return statSync(path).isDirectory()
      ? accumulate(path)
      : readManifests(path).map(manifest => ({ manifest, generated: false }));
  });
  for (const one of spec.configMapGenerator) generate(items, directory, one);
  for (const { target, patch } of spec.patches) applyPatch(find(items, target.name, [target.kind]).manifest, patch);
  for (const { name, count } of spec.replicas) {
    (find(items, name, ['Deployment', 'StatefulSet']).manifest['spec'] as Node)['replicas'] = count;
  }
  for (const item of items) {
    for (const labels of spec.labels) applyLabels(item, labels);
    applyImages(item, spec.images);
    if (spec.namespace !== undefined && !clusterWide.includes(item.manifest.kind)) {
      item.manifest.metadata.namespace = spec.namespace;
    }
  }
  return items;
};

/** Kustomize's suffix: changed data make a changed name, and so new pods. The name is left empty as it does. Source: kustomize, api/hasher. */
const hashOf = (manifest: Manifest): string => {
  const data = Object.fromEntries(Object.entries(manifest['data'] as Node).sort(([a], [b]) => (a < b ? -1 : 1)));
  const json = JSON.stringify({ data, kind: manifest.kind, name: '' }).replace(
    /[<>&\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const safe: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };
  const digest = createHash('sha256').update(json).digest('hex').slice(0, 10);
  return digest.replace(/[013ae]/g, char => safe[char] ?? char);
};

/** Where an object names a ConfigMap. */
const renameReferences = (manifest: Manifest, names: ReadonlyMap<string, string>): void =>
  walk(manifest['spec'], node => {
    for (const key of ['configMapRef', 'configMapKeyRef', 'configMap']) {
      const reference = node[key];
      if (isNode(reference)) reference['name'] = names.get(String(reference['name'])) ?? reference['name'];
    }
  });

/** @throws when the kustomization uses what this renderer does not know, or names what is not there. */
export const renderKustomization = (directory: string): readonly Manifest[] => {
  const items = accumulate(directory);
  const names = new Map<string, string>();
  for (const { manifest, generated } of items) {
    if (generated) names.set(manifest.metadata.name, `${manifest.metadata.name}-${hashOf(manifest)}`);
  }
  for (const { manifest, generated } of items) {
    renameReferences(manifest, names);
    if (generated) manifest.metadata.name = names.get(manifest.metadata.name) ?? manifest.metadata.name;
  }
  return items.map(item => item.manifest);
};
