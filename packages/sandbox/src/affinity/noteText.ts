/** The two forms of a note's text, and how one is made from the other where only one is given. */

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

export const textToHtml = (text: string): string =>
  `<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>')}</p>`;

/** Bold as `**`, items of lists as `* `, links by their text; paragraphs and rows of tables become lines, all other marks go. */
export const htmlToText = (html: string): string =>
  html
    .replaceAll(/<\/?(?:b|strong)>/gi, '**')
    .replaceAll(/<li[^>]*>/gi, '* ')
    .replaceAll(/<br\s*\/?>|<\/(?:p|li|h[1-6]|tr|div)>/gi, '\n')
    .replaceAll(/<\/t[dh]>/gi, ' ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
      code === undefined ? (ENTITIES[name ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
    )
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
