import { expect, it } from 'vitest';
import { csvCell } from './csv.ts';

it.each([
  ['createJob', 'createJob'],
  [null, ''],
  [17, '17'],
  ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['a,b', '"a,b"'],
  ['two\r\nlines', '"two\r\nlines"'],
])('a cell that holds %j is no formula and breaks no line', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});
