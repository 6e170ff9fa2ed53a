/**
 * Odd values as real CRMs hold them, the kinds that vc-crm's README counts. Composed here; nobody is meant. Invisible and combining
 * characters are written as escapes, so that they can be seen.
 */
export const oddOrganizationNames = [
  'Café Zürich Ventures',
  'Grünwald & Søn',
  'Rocket🚀Works',
  'Zero\u200bWidth Labs',
  'Cafe\u0301 Combinante',
  '数据 Systems',
  '"Quoted" (formerly: Unquoted), Inc.',
] as const;

export const oddDescriptions = [
  'Crème de la crème of data pipelines – for everyone',
  'Line one\u2028and a line that some readers take for a second record',
  'We ❤️ spreadsheets',
] as const;

export const oddWebsites = (domain: string): readonly string[] => [
  `  https://${domain}  `,
  `HTTPS://WWW.${domain.toUpperCase()}/`,
  'http://',
  `https://${domain} https://other.example`,
];

/** First name up to the first space, last name the rest; `last` null for a name of one word. */
export const oddPersonNames: readonly { readonly first: string; readonly last: string | null }[] = [
  { first: 'Madonna', last: null },
  { first: 'Ọlábísí', last: 'Adébáyọ̀' },
  { first: 'B\u0300\u0301\u0302\u0303\u0304\u0306enjamin', last: 'Stacked' },
  { first: 'Zoë', last: "O'Brien-Müller" },
  { first: 'Ana\u200b', last: 'Invisible' },
  { first: 'Ravi', last: 'Nair, PhD' },
  { first: 'William', last: '"Bill" (the first) Vaughn' },
  { first: 'Max', last: 'Field (CEO, Vault Nine)' },
  { first: 'Ida', last: 'Lund Karl Lund' },
  { first: 'Sunny', last: '☀️ Day' },
  { first: 'LOUISE', last: 'CAPITAL' },
  { first: 'timo', last: 'lowercase' },
  { first: '山田', last: '太郎' },
  { first: 'Maria', last: 'de los Ángeles Fernández-Villaverde y Ortiz' },
];

export const oddLinkedIns = (first: string, last: string): readonly string[] => [
  'None',
  `${first} ${last}`,
  'https://lnkedin.com/in/misspelt',
  'https://www.example.org/people/me',
];

export const titleSpellings = [
  'Founder',
  'Founder/CEO',
  'Co-Founder & CEO',
  'CEO & Founder',
  'Founder/| CEO',
  'CTO',
  'Co-founder, CTO',
  'Head of Sales',
  'Partner',
  'Investor',
] as const;
