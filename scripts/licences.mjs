// Writes docs/licences.md: the licences of what an installation of glit holds, from package-lock.json. A package that is
// built into the dashboard's page is named though nothing installs it. With --check, only says whether the page is current.
//
//   node scripts/licences.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../docs/licences.md', import.meta.url));
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

/** Development packages whose code is part of the page that the build makes. */
const BUNDLED = ['node_modules/preact'];

/** Packages for one platform each, under the name that they share. */
const PLATFORMS = [
  [/^@koromix\/koffi-.*/, '@koromix/koffi-… (one per platform)'],
  [/^@img\/sharp-libvips-.*/, '@img/sharp-libvips-… (one per platform)'],
  [/^@img\/sharp-(?!libvips).*/, '@img/sharp-… (one per platform)'],
];

const byLicence = new Map();
for (const [location, { license = 'unknown', dev = false }] of Object.entries(lock.packages)) {
  if (location === '' || (dev && !BUNDLED.includes(location))) continue;
  const name = location.split('node_modules/').at(-1);
  const shown = PLATFORMS.find(([pattern]) => pattern.test(name))?.[1] ?? name;
  byLicence.set(license, (byLicence.get(license) ?? new Set()).add(shown));
}
const rows = [...byLicence]
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([licence, names]) => `| ${licence} | ${[...names].sort().join(', ')} |`);
const text = `# Licences

glit is under the Apache License 2.0. What an installation of glit brings along, and Preact, which is part of the dashboard's page:

| licence | packages |
|---|---|
${rows.join('\n')}

libvips (LGPL) is a library of its own beside glit and can be exchanged for another build. OpenVINO, Open MPI and MPICH are used where the
user has them, and are not brought along. Written by \`node scripts/licences.mjs\`; a test compares it with \`package-lock.json\`.
`;

if (process.argv.includes('--check')) process.exit(readFileSync(PAGE, 'utf8') === text ? 0 : 1);
writeFileSync(PAGE, text);
