import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, freemem, loadavg, networkInterfaces, totalmem } from 'node:os';
import path from 'node:path';
import { UserError } from '../errors.js';
import { accessOf, checkAddress, tokenCookie } from './access.js';
import { BATCHES, firstBatches } from './batches.js';
import { Follower, type News, type Seen } from './follower.js';
import type { MachineLoad } from './messages.js';
import { dashboardPage } from './page.js';
import { referenceNetworks } from './references.js';
import { journalOf, Runs } from './runs.js';

/** Milliseconds that an answer may spend on reading a journal on. A long journal comes in several answers. */
const READING_TIME = 300;

/** Runs whose digests are kept in memory; the one asked for longest ago is dropped. */
const MOST_FOLLOWED = 8;

export interface DashboardOptions {
  /** Folders of runs, or folders with runs below them; they may come later. */
  readonly folders: readonly string[];
  /** The address to listen on. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The secret that visitors need; required where others can reach the address. */
  readonly token?: string | undefined;
}

export interface Dashboard {
  /** Where it is, with the token if there is one. */
  readonly url: string;
  close(): Promise<void>;
  /** Closes it once a page that follows a run has had the latest news: at once if none does. */
  closeWhenSeen(): Promise<void>;
}

/** Milliseconds in which a page asks for news again, also one that nobody looks at. */
const ASKS_WITHIN = 12_000;

/** Who follows runs. */
class Audience {
  /** When the latest question came that was answered, on the process's clock. */
  #asked = -Infinity;
  #onAnswer: (() => void) | undefined;

  answered(asked: number): void {
    this.#asked = Math.max(this.#asked, asked);
    this.#onAnswer?.();
  }

  /** Waits until a question from now on is answered, if there is somebody to ask one. */
  async hearsTheEnd(): Promise<void> {
    const ended = performance.now();
    if (ended - this.#asked > ASKS_WITHIN) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ASKS_WITHIN);
      this.#onAnswer = () => {
        if (this.#asked < ended) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * Serves the dashboard until it is closed. It only reads run folders, except for the index that it leaves beside a long
 * journal. Throws a UserError when the address needs a token, or the port is taken.
 */
export async function serveDashboard({ folders, host, port, token }: DashboardOptions): Promise<Dashboard> {
  checkAddress(host, token);
  const site = new Site(new Runs(folders), await dashboardPage());
  const audience = new Audience();
  const server = createServer((request, response) => {
    const asked = performance.now();
    if (request.url?.startsWith('/api/runs/') === true) response.once('finish', () => audience.answered(asked));
    void answer(site, request, response, token);
  });
  await listen(server, host, port);
  const { port: given } = server.address() as AddressInfo;
  const reached = reachableAddress(host);
  const name = reached.includes(':') ? `[${reached}]` : reached;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://${name}:${given}/${token === undefined ? '' : `?token=${token}`}`,
    close,
    async closeWhenSeen() {
      await audience.hearsTheEnd();
      await close();
    },
  };
}

/** Where others reach a server that listens at `host`: "all addresses" is none that a browser can open. */
function reachableAddress(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  return outside?.address ?? '127.0.0.1';
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} of ${host} is in use; give another with --port, or --port 0 for any`;
      const other = `the dashboard cannot listen on ${host}, port ${port}: ${error.message}`;
      reject(new UserError(error.code === 'EADDRINUSE' ? taken : other));
    });
    server.listen(port, host, resolve);
  });
}

/** What is found at an address. */
interface Content {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** What the dashboard has to show. */
class Site {
  readonly #runs: Runs;
  readonly #page: Content;
  readonly #followers = new Map<string, Follower>();
  #references: string | undefined;

  constructor(runs: Runs, page: string) {
    this.#runs = runs;
    this.#page = { type: 'text/html; charset=utf-8', body: page };
  }

  /** The content of an address; undefined if it has none. */
  async content({ pathname, searchParams }: URL): Promise<Content | undefined> {
    if (pathname === '/') return this.#page;
    if (pathname === '/api/runs') return json(JSON.stringify(await this.#runs.list()));
    if (pathname === '/api/machine') return json(JSON.stringify(machineLoad()));
    if (pathname === '/api/references') return json((this.#references ??= JSON.stringify(referenceNetworks())));
    const [, id = '', batch] = /^\/api\/runs\/(\w+)(?:\/batches\/([\w.%-]+))?$/.exec(pathname) ?? [];
    const folder = await this.#runs.folderOf(id);
    if (folder === undefined) return undefined;
    return batch === undefined ? this.#news(id, folder, seenBy(searchParams)) : firstBatch(folder, batch);
  }

  async #news(id: string, folder: string, seen: Seen | undefined): Promise<Content> {
    const follower = this.#followers.get(id) ?? new Follower(journalOf(folder));
    this.#followers.delete(id);
    this.#followers.set(id, follower);
    for (const [oldest, dropped] of [...this.#followers].slice(0, -MOST_FOLLOWED)) {
      this.#followers.delete(oldest);
      await dropped.keep();
    }
    await follower.advance(READING_TIME);
    return json(newsText(follower.news(seen), await firstBatches(folder)));
  }
}

async function answer(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  token: string | undefined,
): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  const url = URL.parse(request.url ?? '/', 'http://dashboard') ?? new URL('http://dashboard/nowhere');
  const access = accessOf(request, url, token);
  if (access === 'refused') {
    refuse(403, token === undefined ? 'ask for this machine by its own name' : 'the token is missing or wrong');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(405, 'the dashboard only shows');
    return;
  }
  if (access === 'given') {
    // The token should not stay in the address, which is shown and remembered.
    response.writeHead(303, { 'Set-Cookie': tokenCookie(request, token ?? ''), Location: '/' }).end();
    return;
  }
  try {
    const content = await site.content(url);
    if (content === undefined) {
      refuse(404, 'there is nothing here');
      return;
    }
    response.writeHead(200, { 'Content-Type': content.type });
    response.end(request.method === 'HEAD' ? undefined : content.body);
  } catch (error) {
    refuse(500, error instanceof Error ? error.message : String(error));
  }
}

function json(body: string): Content {
  return { type: 'application/json; charset=utf-8', body };
}

function seenBy(parameters: URLSearchParams): Seen | undefined {
  const [epoch, events] = ['epoch', 'events'].map((name) => Number(parameters.get(name) ?? NaN));
  return Number.isInteger(epoch) && Number.isInteger(events) ? { epoch, events } : undefined;
}

/** The news as JSON; entries and digest are JSON already. */
function newsText({ json: { ...content }, ...rest }: News, batches: readonly string[]): string {
  const [[name, text]] = Object.entries(content);
  return `${JSON.stringify({ ...rest, batches }).slice(0, -1)},"${name}":${text}}`;
}

async function firstBatch(folder: string, asked: string): Promise<Content | undefined> {
  const name = (await firstBatches(folder)).find((each) => encodeURIComponent(each) === asked);
  return name === undefined ? undefined : { type: 'image/png', body: await readFile(path.join(folder, BATCHES, name)) };
}

/** How busy this machine is now, whoever keeps it busy. */
function machineLoad(): MachineLoad {
  const [load] = loadavg();
  return { cores: availableParallelism(), load, memory: totalmem(), freeMemory: freemem() };
}
