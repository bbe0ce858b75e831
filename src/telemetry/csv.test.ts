import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine, csvTable } from './csv.js';

test('a table is quoted where it must be', () => {
  const rows = [
    { id: 0, path: '1,2', note: 'says "hi"', extra: 'left out' },
    { id: 1, path: null, note: 'two\nlines' },
    { id: 2.5, note: ' plain ' },
  ];
  assert.equal(
    csvTable(['id', 'path', 'note'], rows),
    'id,path,note\n0,"1,2","says ""hi"""\n1,,"two\nlines"\n2.5,, plain \n',
  );
  assert.equal(csvTable(['a,b'], []), '"a,b"\n');
});

test('a name is no formula in a spreadsheet, and a number stays one', () => {
  const names = ['=HYPERLINK("x")', '+1', '-cat', '@SUM(A1)', '\tx', '\rx', 'cat-=+@', "'cat"];
  const expected = [`"'=HYPERLINK(""x"")"`, "'+1", "'-cat", "'@SUM(A1)", "'\tx", `"'\rx"`, 'cat-=+@', "'cat"];
  assert.equal(csvLine(names), `${expected.join(',')}\n`);
  assert.equal(csvTable(['=x'], [{ '=x': -1.5 }]), "'=x\n-1.5\n");
});
