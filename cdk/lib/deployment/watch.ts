/**
 * Time: Lambda ends a function that takes too long without a word, and CloudFormation waits for an hour. So no call is begun that
 * might leave no time to answer.
 */
import type { Aws, Clock } from './aws';

/** Enough to end what has begun. */
const RESERVE_MILLISECONDS = 45_000;

/** What a person does where a tear-down ran out of time. */
const AGAIN = 'run the same command again, it goes on where this ended';

/** Everything that a deployment works with, which refuses to go on once time is up. */
export interface Work extends Aws {
  /** Says what is being done from now on, and what a person does if there is no time for it. */
  readonly doing: (meanwhile: string, otherwise?: string) => void;
  /** Throws once time is up. */
  readonly inTime: () => void;
}

/** `aws`, every call of which looks at the clock. */
export function watched(aws: Aws): Work {
  let meanwhile = 'the deployment began';
  let otherwise = AGAIN;
  const inTime = (): void => {
    if (!enough(aws.clock)) {
      throw new Error(`time is up while ${meanwhile}: ${otherwise}`);
    }
  };
  return {
    ...aws,
    host: each(aws.host, inTime),
    account: each(aws.account, inTime),
    inTime,
    doing: (words, advice = AGAIN) => {
      meanwhile = words;
      otherwise = advice;
    },
  };
}

/** `target`, before each method of which something is done. */
function each<Target extends object>(target: Target, before: () => void): Target {
  return new Proxy(target, {
    get(from, name) {
      const found: unknown = Reflect.get(from, name);
      if (typeof found !== 'function') {
        return found;
      }
      return (...words: unknown[]): unknown => {
        before();
        return Reflect.apply(found, from, words);
      };
    },
  });
}

type Handler = (request: unknown) => Promise<unknown>;

/** What a client of the AWS SDK does around each request, as far as it is watched. */
interface Middleware {
  add(
    middleware: (next: Handler, context: { readonly commandName?: string }) => Handler,
    options: { readonly step: 'initialize'; readonly name: string },
  ): void;
}

/** `client`, every request of which looks at the clock: of pages, and of what is asked for one by one, there may be thousands. */
export function inTime<Client extends { readonly middlewareStack: object }>(
  client: Client,
  clock: Clock,
): Client {
  (client.middlewareStack as Middleware).add(
    (next, { commandName = 'AWS' }) =>
      async (request) => {
        if (!enough(clock)) {
          throw new Error(`time is up before ${commandName}: ${AGAIN}`);
        }
        return next(request);
      },
    { step: 'initialize', name: 'inTime' },
  );
  return client;
}

function enough(clock: Clock): boolean {
  return clock.remaining() >= RESERVE_MILLISECONDS;
}
