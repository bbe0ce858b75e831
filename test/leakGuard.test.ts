import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import ts from 'typescript';
import { packageRoot } from './packageRoot.js';

/** The imports of every planted search. */
const IMPORTS = `
  import type { Dataset, SearchData } from '../dataset/dataset.js';
  import type { SearchContext } from './context.js';
  import { searchLevel } from './levels/searchLevel.js';
  type Search = typeof searchLevel;
`;

/** The messages of the compiler for each of these texts, as a file of \`src/run/\`, with the project's own settings. */
function messagesFor(planted: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const config = path.join(packageRoot, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (file) => ts.sys.readFile(file)).config,
    ts.sys,
    packageRoot,
  );
  const texts = new Map(
    Object.entries(planted).map(([name, text]) => [path.join(packageRoot, 'src', 'run', `${name}.ts`), IMPORTS + text]),
  );
  const checked = { ...options, noEmit: true, incremental: false, noUnusedLocals: false, noUnusedParameters: false };
  delete checked.tsBuildInfoFile;
  const disk = ts.createCompilerHost(checked);
  const plantedIn = (file: string): string | undefined => texts.get(path.normalize(file));
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (file) => plantedIn(file) ?? disk.readFile(file),
    fileExists: (file) => plantedIn(file) !== undefined || disk.fileExists(file),
    getSourceFile: (file, target, ...rest) => {
      const text = plantedIn(file);
      return text === undefined ? disk.getSourceFile(file, target, ...rest) : ts.createSourceFile(file, text, target);
    },
  };
  const program = ts.createProgram([...texts.keys()], checked, host);
  return new Map(
    [...texts.keys()].map((file) => {
      const source = program.getSourceFile(file);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        path.basename(file, '.ts'),
        found.map(({ code, messageText }) => `${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
      ];
    }),
  );
}

describe('a search that reaches for test images', () => {
  const messages = messagesFor({
    honest: `
      export const search: Search = (context, level, data, recorded) =>
        data.searchVal.labels.length > 0 ? searchLevel(context, level, data, recorded) : Promise.reject(new Error());
    `,
    ofItsData: `
      export const search: Search = (context, level, data, recorded) =>
        searchLevel(context, level, { ...data, searchVal: data.test }, recorded);
    `,
    ofItsContext: `
      export const search: Search = (context, level, data, recorded) =>
        searchLevel(context, level, { ...data, searchVal: context.dataset.test }, recorded);
    `,
    ofTheWholeDataset: `
      export const search = (context: SearchContext, level: Parameters<Search>[1], dataset: Dataset, recorded: Parameters<Search>[3]) =>
        searchLevel(context, level, dataset, recorded);
    `,
    byName: `
      export const images = (data: SearchData, split: keyof SearchData = 'test') => data[split];
    `,
  });
  const of = (name: string): readonly string[] => messages.get(name) ?? [];

  test('compiles while it keeps to the images it was given', () => {
    assert.deepEqual(of('honest'), []);
  });

  test('does not compile', () => {
    assert.deepEqual(of('ofItsData'), ["2339: Property 'test' does not exist on type 'SearchData'."]);
    assert.deepEqual(of('ofItsContext'), ["2339: Property 'dataset' does not exist on type 'SearchContext'."]);
    const [whole, ...others] = of('ofTheWholeDataset');
    assert.match(whole, /^2345: Argument of type 'Dataset' is not assignable to parameter of type 'SearchData'/);
    assert.deepEqual(others, []);
    assert.deepEqual(of('byName'), ["2322: Type '\"test\"' is not assignable to type 'keyof SearchData'."]);
  });
});
