import { createServer, type Server } from 'node:http';
import { InputError } from '../lib/input-error.ts';

/** Only this computer may ask. */
const HOST = '127.0.0.1';

/** A server that is running. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new InputError(`--port ${port}: ${error.code === 'EADDRINUSE' ? 'is in use; choose another' : error.message}`),
      );
    });
    server.listen(port, HOST, resolve);
  });
}

/**
 * Serves the page at `/` and nothing else, to this computer only.
 *
 * @param port - 0: any that is free.
 * @throws InputError - the port cannot be used.
 */
export async function servePage(page: string, port: number): Promise<Running> {
  const body = Buffer.from(page, 'utf8');
  const server = createServer((request, response) => {
    const isPage = new URL(request.url ?? '/', 'http://localhost').pathname === '/';
    if (!isPage || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(isPage ? 405 : 404, { 'content-type': 'text/plain; charset=utf-8' }).end('only GET /\n');
      return;
    }
    const head = {
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    };
    response.writeHead(200, head).end(request.method === 'HEAD' ? undefined : body);
  });
  await listen(server, port);
  const address = server.address();
  const used = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${used}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
