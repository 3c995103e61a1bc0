import { type MessagePort, parentPort } from 'node:worker_threads';
import { nameUnnamed } from '../shared/system-error.js';
import { operationsOn } from './operations.js';
import { nodeOs } from './os.js';
import type { OperationName, Reply, Request } from './protocol.js';

/** Thread entry. Requests start in the order they come; long ones rest now and then, and short ones overtake them. */
function serve(port: MessagePort): void {
  const operations = operationsOn(nodeOs);
  // Only the client in this directory writes to the port, and its types tie the arguments to the name.
  const operate = operations as Record<OperationName, (...args: readonly unknown[]) => unknown>;
  port.on('message', (request: Request) => {
    void answer(request).then((reply) => port.postMessage(reply));
  });

  async function answer({ id, name, args }: Request): Promise<Reply> {
    try {
      return { id, value: await operate[name](...args) };
    } catch (error) {
      return { id, error: describe(error) };
    }
  }
}

function describe(error: unknown): { code: string | null; message: string } {
  if (!(error instanceof Error)) return { code: null, message: String(error) };
  // Of a defect, where it is.
  if (!('code' in error)) return { code: null, message: error.stack ?? error.message };
  const unnamed = nameUnnamed(error);
  if (unnamed !== null) return { code: unnamed.code, message: `${unnamed.code}: ${unnamed.meaning}` };
  return { code: String(error.code), message: error.message };
}

if (parentPort !== null) serve(parentPort);
