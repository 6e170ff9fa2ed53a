import { join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import ts from 'typescript';
import type { Manifest } from './kustomize.ts';

/** What deploy/k8s may consist of. Both the schema and the type come from the OpenAPI document of Kubernetes. */
const models = {
  'v1/ConfigMap': ConfigMap,
  'v1/Namespace': Namespace,
  'v1/PersistentVolumeClaim': PersistentVolumeClaim,
  'v1/Secret': Secret,
  'v1/Service': Service,
  'v1/ServiceAccount': ServiceAccount,
  'apps/v1/Deployment': Deployment,
  'apps/v1/StatefulSet': StatefulSet,
  'batch/v1/Job': Job,
} as const;

const typeOf = (manifest: Manifest): keyof typeof models => {
  const type = `${manifest.apiVersion}/${manifest.kind}`;
  if (!Object.hasOwn(models, type)) throw new Error(`${manifest.metadata.name}: no schema for ${type}`);
  return type as keyof typeof models;
};

/** @returns what Kubernetes' schemas say against the objects; they know required fields, types and formats, but let unknown fields pass. */
export const schemaErrors = (manifests: readonly Manifest[]): readonly string[] =>
  manifests.flatMap(manifest => {
    const Model = models[typeOf(manifest)] as new (data: object) => { validate(): void };
    try {
      new Model(manifest).validate();
      return [];
    } catch (error) {
      return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
    }
  });

/**
 * @returns fields that Kubernetes does not know, at any depth, and values outside of an enumeration: the objects are written as literals of
 *   Kubernetes' types, and the compiler looks for superfluous properties.
 */
export const typeErrors = (manifests: readonly Manifest[]): readonly string[] => {
  const file = join(import.meta.dirname, 'manifests.virtual.ts');
  const text = manifests
    .map((manifest, i) => {
      const type = typeOf(manifest);
      return `import type { I${manifest.kind} as T${i} } from 'kubernetes-models/${type}';
export const m${i}: T${i} = ${JSON.stringify(manifest, undefined, 1)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = name => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ].map(({ messageText, start }) => {
    const owner = [...text.slice(0, start ?? 0).matchAll(/^export const m(\d+)/gm)].at(-1)?.[1];
    const name =
      owner === undefined ? '' : `${manifests[Number(owner)]?.kind} ${manifests[Number(owner)]?.metadata.name}: `;
    return name + ts.flattenDiagnosticMessageText(messageText, '; ');
  });
};
