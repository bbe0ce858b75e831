import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDataReport } from './dataReport.js';

test('a report on very many classes is short', () => {
  const classes = Array.from({ length: 150_000 }, (_, label) => `class ${label}`);
  const text = formatDataReport('many', {
    format: 'image folder',
    classes,
    notices: [],
    train: { images: 300_001, perClass: classes.map((_, label) => (label === 7 ? 3 : 2)) },
    channels: { RGB: 300_001 },
    rotated: 0,
    animated: 0,
    unreadable: [],
    trainInTest: [],
    withinTrain: [],
    withinTest: [],
    problems: [],
  });
  assert.match(text, /^train +300001 images, 2 to 3 in each class$/m);
  assert.ok(text.split('\n').length < 40);
});
