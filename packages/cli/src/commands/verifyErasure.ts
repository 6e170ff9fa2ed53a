import { readFile } from 'node:fs/promises';
import { erasureCertificate } from '@freight/contracts';
import { type JwkSet, openSigner, type SignatureProblem, verifySigned } from '@freight/vault';
import { z } from 'zod';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { openKeysFolder } from './keysFolder.ts';

const keySet = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('EdDSA'),
    }),
  ),
});

const wordsOf: Record<SignatureProblem, string> = {
  unknown_key: 'It was signed by another key than these.',
  wrong_type: 'It is no certificate of an erasure.',
  wrong_signature: 'The signature is not that of this content: it was changed.',
};

const readJson = async <T>(path: string, schema: z.ZodType<T>, what: string): Promise<T> => {
  let given: unknown;
  try {
    given = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new UserError(`${path} is not ${what}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/** `freight erasure verify`: says what was erased when the signature is right. @throws UserError when it is not. */
export const verifyErasureCommand = async (
  { file, keysFile }: Extract<Command, { name: 'erasure verify' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const certificate = await readJson(file, erasureCertificate, 'a certificate of an erasure');
  const keys: JwkSet =
    keysFile === undefined
      ? (await openSigner(await openKeysFolder(env, 'erasure verify'))).publicKeys
      : await readJson(keysFile, keySet, 'a set of public keys');
  const problem = verifySigned(certificate, keys, 'freight.erasure');
  if (problem) throw new UserError(`${file}: ${wordsOf[problem]}`);
  const { tenantId, erasedAt, keys: destroyed, removed } = certificate.content;
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  process.stdout.write(
    [
      `The signature is right (key ${certificate.signature.keyId}).`,
      `tenant    ${tenantId}`,
      `erased    ${erasedAt}`,
      `keys      ${destroyed.names.map(one => one.id).join(' ')}, destroyed ${destroyed.destroyedAt}`,
      `removed   ${sum(removed.rows)} rows, ${sum(removed.messages)} messages, ${removed.redisKeys} keys in Redis`,
      '',
    ].join('\n'),
  );
  return 0;
};
