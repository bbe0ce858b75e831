import { existsSync } from 'node:fs';

/** Where Debian, its relatives and CI machines have Chromium. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that tests of the page drive; `GLIT_CHROMIUM` names another. Undefined where there is none. */
export const chromiumPath = [process.env['GLIT_CHROMIUM'] ?? '', ...PLACES].find((place) => existsSync(place));

/** Whether to leave a test of the page out, and why. */
export const withoutChromium =
  chromiumPath === undefined ? 'not available here: Chromium (install it, or name one in GLIT_CHROMIUM)' : false;
