import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { UserError } from '../errors.js';

/** The shortest token that is accepted. */
const SHORTEST_TOKEN = 12;

/** Browsers do not tell ports apart, so each dashboard has a cookie of its own. */
function cookieOf(request: IncomingMessage): string {
  return `glit-token-${request.socket.localPort ?? 0}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Checks where the dashboard listens. Throws a UserError for an address that others can reach without a token, or a token
 * that is easily guessed.
 */
export function checkAddress(host: string, token: string | undefined): void {
  if (token !== undefined && !/^[\w.~-]+$/.test(token)) {
    throw new UserError(
      '--token has characters that an address cannot have; use letters, digits, ".", "-", "_" and "~"',
    );
  }
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    throw new UserError(`--token has ${token.length} characters; use at least ${SHORTEST_TOKEN}, drawn at random`);
  }
  if (token === undefined && !isLoopback(host)) {
    throw new UserError(`${host} can be reached by others, who would see your runs; add a secret with --token`);
  }
}

/** Whether a request may be answered: `granted`, `refused`, or `given` for one whose address has the token. */
export type Access = 'granted' | 'refused' | 'given';

/**
 * Without a token, the request must name this machine: a page elsewhere could otherwise lead its visitor's browser here
 * under a name of its own (DNS rebinding). With one, the token must be in the address or in the cookie that it left.
 */
export function accessOf(request: IncomingMessage, url: URL, token: string | undefined): Access {
  if (token === undefined) return isLoopback(hostOf(request)) ? 'granted' : 'refused';
  const given = url.searchParams.get('token');
  if (given !== null) return isSame(given, token) ? 'given' : 'refused';
  const name = `${cookieOf(request)}=`;
  const cookie = (request.headers.cookie ?? '').split('; ').find((each) => each.startsWith(name));
  return isSame(cookie?.slice(name.length) ?? '', token) ? 'granted' : 'refused';
}

/**
 * The header that makes a browser remember the token. A link to the dashboard works in other sites' pages too; they
 * cannot do anything there, since it only answers what is asked for.
 */
export function tokenCookie(request: IncomingMessage, token: string): string {
  return `${cookieOf(request)}=${token}; HttpOnly; SameSite=Lax; Path=/`;
}

function hostOf({ headers: { host = '' } }: IncomingMessage): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** Compares in a time that does not depend on where they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a, b);
}
