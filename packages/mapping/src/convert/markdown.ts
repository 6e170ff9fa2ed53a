import TurndownService from 'turndown';

const createService = (): TurndownService => {
  const service = new TurndownService({
    headingStyle: 'atx',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
    strongDelimiter: '**',
  });
  service.remove(['script', 'style', 'head', 'title', 'noscript']);
  // Targets know three levels.
  service.addRule('headings', {
    filter: ['h4', 'h5', 'h6'],
    replacement: content => `\n\n### ${content}\n\n`,
  });
  service.addRule('images', {
    filter: 'img',
    replacement: (_content, node) => {
      const source = (node as unknown as { getAttribute(name: string): string | null }).getAttribute('src') ?? '';
      return /^https?:\/\//u.test(source) ? `[image](${source})` : '[image omitted]';
    },
  });
  service.addRule('tables', {
    filter: ['td', 'th'],
    replacement: content => `${content.trim().replace(/\s*\n\s*/gu, ' ')} | `,
  });
  service.addRule('rows', {
    filter: 'tr',
    replacement: content => `${content.replace(/ \| $/u, '').trim()}\n`,
  });
  service.addRule('quotes', {
    filter: 'blockquote',
    replacement: content => `\n\n${content.trim()}\n\n`,
  });
  return service;
};

const service = createService();

/**
 * HTML as Markdown of the small kind that CRMs take: headings of three levels, bold, italic, lists, links. Tables and quotes become plain lines,
 * images links, mentions plain names; scripts and styles go. Pure.
 */
export const htmlToMarkdown = (html: string): string =>
  service
    .turndown(html)
    .replace(/[ \t]+$/gmu, '')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
