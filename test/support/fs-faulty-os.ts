import { nodeOs, type Os } from '../../src/adapters/filesystem/os.js';
import { FileSystemError } from '../../src/engine/file-system-error.js';

export interface SystemCall {
  readonly method: string;
  readonly purpose: string;
  /** Counting from 1, over all calls. */
  readonly number: number;
  /** Counting from 1, over the calls of this purpose. */
  readonly nth: number;
}

type Rule = (call: SystemCall) => void;

/** Real system calls, of which exactly those that a test names fail, or are preceded by something the test does. */
export class FaultyOs {
  readonly os: Os;
  readonly calls: SystemCall[] = [];
  private readonly rules: Rule[] = [];
  private readonly counts = new Map<string, number>();

  constructor() {
    const { time, ...nodeCalls } = nodeOs;
    const methods = Object.entries(nodeCalls).map(([method, call]) => {
      const wrapped = (purpose: string, ...rest: readonly unknown[]) => {
        this.note(method, purpose);
        return Reflect.apply(call, nodeOs, [purpose, ...rest]);
      };
      return [method, wrapped];
    });
    // Every method of Os is there, and passes on what it is given.
    this.os = { time, ...Object.fromEntries(methods) } as Os;
  }

  /** Fails the nth call of a purpose, and no other. */
  fail(purpose: string, errno: string, nth = 1): this {
    return this.before(purpose, () => refuse(errno), nth);
  }

  /** Fails every call of a method. */
  failMethod(method: keyof Os, errno: string): this {
    return this.rule((call) => {
      if (call.method === method) refuse(errno);
    });
  }

  /** Acts just before the nth call of a purpose. */
  before(purpose: string, act: () => void, nth = 1): this {
    return this.rule((call) => {
      if (call.purpose === purpose && call.nth === nth) act();
    });
  }

  /** Acts just before the call of that number. */
  beforeNumber(number: number, act: () => void): this {
    return this.rule((call) => {
      if (call.number === number) act();
    });
  }

  rule(rule: Rule): this {
    this.rules.push(rule);
    return this;
  }

  private note(method: string, purpose: string): void {
    const nth = (this.counts.get(purpose) ?? 0) + 1;
    this.counts.set(purpose, nth);
    const call = { method, purpose, number: this.calls.length + 1, nth };
    this.calls.push(call);
    for (const rule of this.rules) rule(call);
  }
}

export function refuse(errno: string): never {
  throw new FileSystemError(errno, `${errno}: refused by the test`);
}
