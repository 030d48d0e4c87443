// The loop of a Lambda runtime and nothing else: AWS's own does more, and is not faster for it.

import http from 'node:http';

import { handler } from './handler.mjs';

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body = '') {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': Buffer.byteLength(body) };
    const request = http.request({ hostname, port, agent, method, path, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ id: response.headers['lambda-runtime-aws-request-id'], text: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function run() {
  for (;;) {
    const { id, text } = await call('GET', '/2018-06-01/runtime/invocation/next');
    const at = `/2018-06-01/runtime/invocation/${id}`;
    try {
      await call('POST', `${at}/response`, JSON.stringify(await handler(JSON.parse(text))));
    } catch (error) {
      const said = { errorType: error.name, errorMessage: error.message };
      await call('POST', `${at}/error`, JSON.stringify(said));
    }
  }
}

void run();
