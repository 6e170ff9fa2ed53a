import { describe, expect, it } from 'vitest';
import { calendarDay } from './calendarDay.ts';
import { countryCode } from './country.ts';
import { htmlToMarkdown } from './markdown.ts';

describe('a calendar day', () => {
  it.each([
    ['2024-04-01T07:00:00Z', '2024-04-01'],
    ['2024-01-15T08:00:00Z', '2024-01-15'],
    ['2024-04-01T06:59:59Z', '2024-03-31'],
  ])('of %s in California is %s', (moment, day) => {
    expect(calendarDay(new Date(moment), 'America/Los_Angeles')).toBe(day);
  });
});

describe('a country', () => {
  it.each([
    ['Germany', 'DE'],
    ['united states', 'US'],
    ['USA', 'US'],
    ['U.S.', 'US'],
    ['Czech Republic', 'CZ'],
    ['Côte d’Ivoire', 'CI'],
    ['Viet Nam', 'VN'],
    ['The Netherlands', 'NL'],
    ['Bosnia and Herzegovina', 'BA'],
    ['DE', 'DE'],
    ['Georgia', 'GE'],
  ])('%s is %s', (name, code) => {
    expect(countryCode(name)).toBe(code);
  });

  it.each(['Atlantis', '', 'EU', 'European Union', 'de'])('%j is none', name => {
    expect(countryCode(name)).toBeNull();
  });
});

describe('HTML becomes the Markdown that CRMs take', () => {
  it.each([
    ['<p>Met <b>on site</b>.</p><p>Next <i>week</i></p>', 'Met **on site**.\n\nNext *week*'],
    ['<h5>Deep</h5><ul><li>one</li><li>two</li></ul>', '### Deep\n\n-   one\n-   two'],
    ['<a href="https://quayside.example/a?b=1">site</a>', '[site](https://quayside.example/a?b=1)'],
    [
      '<img src="https://a.example/x.png"><img src="data:image/png;base64,AA">',
      '[image](https://a.example/x.png)[image omitted]',
    ],
    ['<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>', 'A | B\n1 | 2'],
    ['<span class="mention" data-id="7">Noor Amari</span> said', 'Noor Amari said'],
    ['a<script>alert(1)</script><style>p{}</style>b', 'ab'],
    ['5 &lt; 6 &amp; 7', '5 < 6 & 7'],
    ['line<br>break', 'line\nbreak'],
  ])('%s', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown);
  });
});
