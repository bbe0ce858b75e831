/**
 * A name as Markdown that shows it letter by letter. Others choose the names of folders and classes, and what reads a report may make HTML, links
 * and pictures of them.
 */
export function markdownText(name: string): string {
  return name
    .replaceAll(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
    .replaceAll(/[\\`*[\]<>&|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
}
